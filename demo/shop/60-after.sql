-- Indexes, views, and the counters behind the identity columns; then the generator goes.
create index on addresses (customer_id);
create index on orders (customer_id, placed_at);
create index on orders (placed_at);
create index orders_open on orders (status) where status in ('placed', 'paid', 'packed');
create index on order_items (product_id);
create index on payments (order_id);
create index on products (category_id);
create index on support_tickets (customer_id);
create index on support_tickets (opened_at);
create index on events (customer_id);
create index on customers using gin (tags);

create view customer_overview as
select c.id, c.full_name, c.email, c.country, count(o.id) as orders, coalesce(sum(o.total), 0) as spent, max(o.placed_at) as last_order_at
from customers c left join orders o on o.customer_id = c.id and o.status <> 'cancelled'
group by c.id;
comment on view customer_overview is 'One line a customer: how much, and when last.';

create view open_tickets as
select t.id, t.priority, t.subject, c.full_name as customer, c.email, e.full_name as assignee, t.opened_at
from support_tickets t join customers c on c.id = t.customer_id left join employees e on e.id = t.assignee_id
where t.closed_at is null;

create materialized view monthly_revenue as
select date_trunc('month', placed_at at time zone 'UTC')::date as month, currency, count(*) as orders, sum(total) as revenue
from orders where status <> 'cancelled' group by 1, 2;
create unique index on monthly_revenue (month, currency);

select setval(pg_get_serial_sequence(t, 'id'), n) from (values
  ('customers', (select max(id) from customers)), ('addresses', (select max(id) from addresses)), ('categories', (select max(id) from categories)),
  ('products', (select max(id) from products)), ('employees', (select max(id) from employees)), ('orders', (select max(id) from orders)),
  ('payments', (select max(id) from payments)), ('support_tickets', (select max(id) from support_tickets)), ('events', (select max(id) from events))) s(t, n);

drop schema gen cascade;
