-- One row per interview and question, or published percentage, from the current delivery of each period.
{{ current_rows('public_attitude', [
    'survey', 'question', 'answer', 'ethnic_group', 'weight::decimal(18, 12) as weight', 'published_value',
    'respondents',
]) }}
