-- What sessions and visits depend on besides the events themselves; and how ids are numbered, which may be otherwise in
-- another version of the engine.
-- depends_on: {{ ref('base_events') }}
select
    concat(
        '{{ event_settings() }}',
        ' ids=',
        {{ row_hash(["'id'"]) }},
        ' activity_types=',
        md5({{ ordered_text("concat_ws('|', activity_type, stage, cast(is_active as " ~ dbt.type_string() ~ "))") }})
    ) as built_with
from {{ ref('activity_types') }}
