{# How snapshots are computed: an entry is seen from the first as-of date D with activity_date <= D and known_date <= D,
   and leaves the look-back window (D-w, D] at the first D >= activity_date + w. So a window's total is a running sum
   of what enters less what leaves, and its cost follows the entries, never entries times dates.

   A snapshot is a function of the days of its customer that it sees, so it is held until one of these changes:
   int_snapshots__due says which are to be drawn, and only their movements are looked at. #}


{# What snapshots depend on besides customers' days: where it is another text, all are drawn anew. Raise the number when a
   macro that the models' SQL calls changes what they hold. #}
{% macro snapshot_form() -%}
    {{ return("'1 " ~ sql_digest([
        'int_customer_day_spans', 'int_snapshots__due', 'int_snapshots__totals', 'int_snapshots__days',
        'int_snapshots__undone', 'int_snapshots',
    ]) ~ "'") }}
{%- endmacro %}


{# What is held of a snapshot that later ones go on from, with its types: sums by what their changes are in. #}
{% macro snapshot_sums() -%}
    {{ return({
        'totals': {
            'net_revenue_amount': 'decimal(18, 4)',
            'net_revenue_365d_amount': 'decimal(18, 4)',
            'net_revenue_90d_amount': 'decimal(18, 4)',
            'gross_365d_amount': 'decimal(18, 4)',
            'discount_365d_amount': 'decimal(18, 4)',
            'refund_365d_amount': 'decimal(18, 4)',
            'margin_amount': 'decimal(18, 4)',
            'margin_365d_amount': 'decimal(18, 4)',
            'margin_90d_amount': 'decimal(18, 4)',
            'order_count_365d': 'bigint',
            'event_count_30d': 'bigint',
            'event_count_90d': 'bigint',
            'product_view_count_30d': 'bigint',
            'cart_count_30d': 'bigint',
            'message_count_90d': 'bigint',
            'opened_count_90d': 'bigint',
            'clicked_count_90d': 'bigint',
            'unsubscribe_count': 'bigint',
            'ticket_count_90d': 'bigint',
            'ticket_count_365d': 'bigint',
            'complaint_count_365d': 'bigint',
            'review_count_365d': 'bigint',
            'low_review_count_365d': 'bigint',
        },
        'days': {
            'purchase_day_count': 'bigint',
            'purchase_days_30d': 'bigint',
            'purchase_days_90d': 'bigint',
            'purchase_days_365d': 'bigint',
            'active_days_30d': 'bigint',
            'active_days_90d': 'bigint',
        },
    }) }}
{%- endmacro %}


{# The first and last days, of those that are never undone. #}
{% macro snapshot_lasting_days() -%}
    {{ return({
        'lasting_first_purchase_date': ['least', 'min'],
        'lasting_last_purchase_date': ['greatest', 'max'],
        'lasting_last_visit_date': ['greatest', 'max'],
        'lasting_last_ticket_date': ['greatest', 'max'],
        'lasting_last_opened_date': ['greatest', 'max'],
    }) }}
{%- endmacro %}


{% macro snapshot_opening() -%}
    {%- set columns = {'customer_id': 'string', 'as_of_date': 'date'} -%}
    {%- for sums in snapshot_sums().values() -%}{%- do columns.update(sums) -%}{%- endfor -%}
    {%- for name in snapshot_lasting_days() -%}{%- do columns.update({name: 'date'}) -%}{%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}


{# What changes at each as-of date, in the types of what is held. #}
{% macro changed_sums() -%}
    {%- for source, sums in snapshot_sums().items() %}{%- set is_last = loop.last -%}
    {%- for name, type in sums.items() %}
        cast({{ source }}.{{ name }} as {{ type }}) as {{ name }}{{ ',' if not (is_last and loop.last) }}
    {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}


{% macro changed_lasting_days() -%}
    days.{{ snapshot_lasting_days() | join(', days.') }}
{%- endmacro %}


{# The totals at each as-of date: the held ones of the opening date, and what they changed by since. #}
{% macro totals_so_far() -%}
    {%- for sums in snapshot_sums().values() %}{%- set is_last = loop.last -%}
    {%- for name, type in sums.items() %}
        cast(coalesce(held.{{ name }}, 0) + coalesce(sum(changed.{{ name }}) over so_far, 0) as {{ type }}) as {{ name }}{{ ',' if not (is_last and loop.last) }}
    {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}


{% macro lasting_days_so_far() -%}
    {%- for name, (of_two, aggregate) in snapshot_lasting_days().items() %}
        {{ of_two }}(held.{{ name }}, {{ aggregate }}(changed.{{ name }}) over so_far) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{# The condition that a row is of a customer with a snapshot that is due, where others are held: most customers have none. #}
{% macro is_of_due_customer() -%}
    {%- set due = ref('int_snapshots__due') -%}
    {{ 'customer_id in (select due.customer_id from ' ~ due ~ ' as due)' if is_held('int_snapshots') else 'true' }}
{%- endmacro %}


{# The condition that a movement is of a snapshot that is due, where others are held. #}
{% macro is_due() -%}
    {%- set due = ref('int_snapshots__due') -%}
    {%- if is_held('int_snapshots') -%}
        (customer_id, as_of_date) in (select due.customer_id, due.as_of_date from {{ due }} as due)
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}


{# The entries of a relation with entered_date, the first as-of date that can see them. `until` is a column with the day from
   which an entry no longer counts at all: what is undone by then enters none. #}
{% macro entering(relation, until=none) -%}
    select
        entries.*,
        days.next_as_of_date as entered_date
    from {{ relation }} as entries
    inner join {{ ref('int_days') }} as days
        on days.date_day = greatest(entries.known_date, entries.activity_date)
    where days.next_as_of_date is not null
    {%- if until %} and coalesce(entries.{{ until }}, date '9999-12-31') > days.next_as_of_date{% endif %}
{%- endmacro %}


{# What moves at an as-of date. An entry enters once, with a movement of 0, or of -w where it is known so late that it has left
   the windows of w days and less by then. With a movement of w it leaves that window later on, and with 1 it is undone.
   `windows` says of each which entries may count in it: the others need not leave. #}
{% macro movements(relation, columns, windows, until=none) -%}
    select
        customer_id,
        entered_date as as_of_date,
        case
        {%- for window in windows | sort(reverse=true) %}
            when {{ add_days('activity_date', window) }} <= entered_date then -{{ window }}
        {%- endfor %}
            else 0
        end as movement,
        {{ columns | join(', ') }}
    from {{ relation }}
    {%- if until %}
    union all
    {{ leaving(relation, columns, 1, until, until ~ ' is not null') }}
    {%- endif %}
    {%- for window, condition in windows.items() %}
    {%- set left_date = add_days('activity_date', window) %}
    union all
    {{ leaving(relation, columns, window,
        'least(' ~ left_date ~ ', coalesce(' ~ until ~ ", date '9999-12-31'))" if until else left_date,
        left_date ~ ' > entered_date and (' ~ condition ~ ')') }}
    {%- endfor %}
{%- endmacro %}


{% macro leaving(relation, columns, movement, left_date, condition) -%}
    select
        entries.customer_id,
        days.next_as_of_date as as_of_date,
        {{ movement }} as movement,
        {{ columns | join(', ') }}
    from {{ relation }} as entries
    inner join {{ ref('int_days') }} as days
        on days.date_day = {{ left_date }}
    where days.next_as_of_date is not null and {{ condition }}
{%- endmacro %}


{# What a column's total changes by at an as-of date: everything so far, or a look-back window. #}
{% macro change(expression, window=none) -%}
    sum(case when {{ enters(window) }} then {{ expression }} when movement = {{ window or 1 }} then -({{ expression }}) else 0 end)
{%- endmacro %}


{# What the number of days of one kind changes by at an as-of date. #}
{% macro change_of_days(kind, window=none) -%}
    sum(case when day_kind <> '{{ kind }}' then 0 when {{ enters(window) }} then 1
        when movement = {{ window or 1 }} then -1 else 0 end)
{%- endmacro %}


{% macro enters(window=none) -%}
    movement <= 0{% if window %} and movement > -{{ window }}{% endif %}
{%- endmacro %}


{# The first or last day of a kind among those that enter and are never undone. #}
{% macro lasting_day(aggregate, kind) -%}
    {{ aggregate }}(case when day_kind = '{{ kind }}' and {{ enters() }} and known_to_date is null
        then activity_date end)
{%- endmacro %}


{% macro undone_day(aggregate, kind) -%}
    {{ aggregate }}(case when spans.day_kind = '{{ kind }}' then spans.activity_date end)
{%- endmacro %}
