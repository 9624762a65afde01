{# Interval of the difference a − b of two independent estimates that have limits of their own (Newcombe's hybrid, 1998,
   method 10; for estimates in general Zou and Donner 2008):

       lower  d − √((a − lower_a)² + (upper_b − b)²)        upper  d + √((upper_a − a)² + (b − lower_b)²) #}
{% macro difference_limit(side, a, lower_a, upper_a, b, lower_b, upper_b) -%}
    {%- if side == '-' -%}
    (({{ a }}) - ({{ b }}) - sqrt(pow(({{ a }}) - ({{ lower_a }}), 2) + pow(({{ upper_b }}) - ({{ b }}), 2)))
    {%- else -%}
    (({{ a }}) - ({{ b }}) + sqrt(pow(({{ upper_a }}) - ({{ a }}), 2) + pow(({{ b }}) - ({{ lower_b }}), 2)))
    {%- endif -%}
{%- endmacro %}
