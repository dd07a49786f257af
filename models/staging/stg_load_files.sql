select
    file_name,
    file_sha256,
    mapping_name,
    mapping_sha256,
    loaded_at,
    line_count,
    header_count,
    blank_count,
    accepted_count,
    duplicate_count,
    quarantined_count
from {{ source('loads', 'load_files') }}
