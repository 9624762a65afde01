{# A fraction as an exact decimal, so that a sum or a mean does not depend on the order in which it is added up: the
   same deliveries give the same digits. `places` are digits after the point, of 38. #}
{% macro exact(fraction, places=12) -%} ({{ fraction }})::decimal(38, {{ places }}) {%- endmacro %}
