-- One row per measure, period, area and population group returned by hand, from the current delivery of each period.
{{ current_rows('measure_returns', [
    'measure_id', 'population_group', 'numerator::decimal(18, 6) as numerator',
    'denominator::decimal(18, 6) as denominator', 'published_value', 'respondents', 'returned_by',
]) }}
