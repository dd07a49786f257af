select
    file_name,
    file_sha256,
    mapping_name,
    line_number,
    reason,
    line_text,
    loaded_at
from {{ source('loads', 'load_rejects') }}
