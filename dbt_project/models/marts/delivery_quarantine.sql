-- One row per delivery that landed and rule that rows of it broke: how many were set aside.
select
    delivery.delivery_id,
    delivery.extract,
    delivery.source,
    delivery.file_name,
    delivery.first_month,
    delivery.last_month,
    rules.rule,
    rules.meaning,
    rules.rows_quarantined,
    delivery.status in ('current', 'partly superseded') as is_waiting
from {{ ref('delivery') }} as delivery
inner join {{ source('landing', 'delivery_rule') }} as rules on delivery.delivery_id = rules.delivery_id
