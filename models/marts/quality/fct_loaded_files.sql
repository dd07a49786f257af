select
    file_sha256,
    mapping_sha256,
    file_name,
    mapping_name,
    loaded_at,
    line_count,
    header_count,
    blank_count,
    accepted_count,
    duplicate_count,
    quarantined_count
from {{ ref('stg_load_files') }}
