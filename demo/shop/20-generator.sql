-- How the rows are made: every choice is a hash of (row, salt), so the same rows come out on every machine. Dropped at the end.
create schema gen;

-- 0 … n−1, evenly, for a row and a salt (which choice about the row this is).
create function gen.pick(row_id bigint, salt bigint, n integer) returns integer language sql immutable parallel safe
  return ((hashint8extended(row_id, salt) & 9223372036854775807) % n)::integer;

-- One of the words.
create function gen.word(row_id bigint, salt bigint, words text[]) returns text language sql immutable parallel safe
  return words[1 + gen.pick(row_id, salt, cardinality(words))];

-- 0 … n−1, the low ones far more often: a few customers and products make most of the sales.
create function gen.pick_skewed(row_id bigint, salt bigint, n integer) returns integer language sql immutable parallel safe
  return floor(n * power(gen.pick(row_id, salt, 1000000) / 1000000.0, 1.6))::integer;

-- Digits, the last of which makes the Luhn sum come out (ISO/IEC 7812-1).
create function gen.luhn(digits text) returns text language sql immutable parallel safe
  return digits || (select (10 - sum(case when (length(digits) - i) % 2 = 0 then d * 2 - case when d > 4 then 9 else 0 end else d end) % 10) % 10
    from generate_series(1, length(digits)) i, lateral (select substr(digits, i, 1)::integer d));

-- Characters of an alphabet.
create function gen.characters(row_id bigint, salt bigint, alphabet text, n integer) returns text language sql immutable parallel safe
  return (select string_agg(substr(alphabet, 1 + gen.pick(row_id, salt * 1000 + i, length(alphabet)), 1), '' order by i) from generate_series(1, n) i);

create function gen.ascii(name text) returns text language sql immutable parallel safe
  return regexp_replace(translate(lower(name), 'áàâäãåéèêëíîïóôöõøúüùçñýšžłğıćčę', 'aaaaaaeeeeiiiooooouuucnyszlgicce'), '[^a-z]', '', 'g');

create table gen.words (list text primary key, words text[] not null);
insert into gen.words values
('first', array['Ada','Agnes','Aiko','Alba','Alejandro','Amara','Amir','Ana','Anders','Anika','Antoine','Arjun','Astrid','Aylin','Beatriz','Bo','Camille','Carlos','Carmen','Chidi','Clara','Daan','Dalia','Daniel','Deniz','Diego','Dmitri','Elena','Elif','Emeka','Emma','Erik','Esra','Fatima','Felix','Femke','Fiona','Francesca','Gabriel','Grace','Greta','Hamza','Hana','Hannah','Hiroshi','Hugo','Ida','Igor','Imani','Ines','Ingrid','Isla','Ivan','Jamal','Jana','Jin','Joana','Jonas','José','Juan','Julia','Kaito','Kamala','Karim','Katarina','Keira','Kofi','Lars','Layla','Leila','Leo','Lin','Lucía','Luca','Magda','Maja','Malik','Marco','María','Marta','Mateo','Maya','Mei','Mikael','Mila','Minh','Mona','Nadia','Naoko','Nia','Nikhil','Nils','Noa','Nora','Olga','Olivia','Omar','Oskar','Pablo','Paula','Pedro','Petra','Priya','Quinn','Rafael','Rania','Rosa','Ruth','Samir','Sanne','Sara','Sean','Selma','Sofia','Sven','Tariq','Teresa','Thabo','Theo','Tomás','Uma','Vera','Viktor','Wanjiru','Wei','Xenia','Yara','Yusuf','Zainab','Zofia']),
('last', array['Abbasi','Adeyemi','Aguilar','Ahmed','Almeida','Andersson','Aydın','Bakker','Banerjee','Barbieri','Becker','Bernard','Björk','Brown','Campbell','Carvalho','Castillo','Chen','Cohen','Costa','Da Silva','Dahl','De Vries','Demir','Diallo','Dubois','Eriksen','Espinoza','Evans','Fernández','Ferrari','Fischer','Fofanah','Fournier','Garcia','Girard','Gonzalez','Greco','Gupta','Haddad','Hansen','Hassan','Hernández','Hoffmann','Horvat','Hussain','Ibrahim','Ito','Ivanova','Jackson','Jansen','Jensen','Johansson','Jones','Kamau','Kaplan','Karlsson','Kaya','Keller','Khan','Kim','Kovač','Kowalski','Kumar','Larsen','Laurent','Lee','Lindgren','Lopez','Maes','Martin','Mbeki','Mehta','Meyer','Mitchell','Moreau','Moretti','Mori','Murphy','Müller','Nakamura','Ndiaye','Nguyen','Nielsen','Novak','Nowak','O''Brien','Okafor','Oliveira','Olsen','Papadopoulos','Park','Patel','Pereira','Petrov','Popescu','Ramos','Rao','Ricci','Rodriguez','Romano','Rossi','Russo','Sánchez','Santos','Sato','Schmidt','Schneider','Sharma','Singh','Smith','Sørensen','Suzuki','Takahashi','Tanaka','Torres','Tran','Usman','Van den Berg','Vargas','Virtanen','Visser','Wagner','Walker','Wang','Weber','Williams','Wilson','Wójcik','Yılmaz','Young','Zhang','Zimmermann']),
('street', array['Acorn','Baker','Bridge','Cedar','Chapel','Church','Clover','Dock','Elm','Ferry','Garden','Grove','Harbour','High','Hill','Juniper','King','Lake','Lantern','Linden','Maple','Market','Meadow','Mill','Mulberry','Oak','Orchard','Park','Poplar','Quarry','Queen','River','School','Spring','Station','Sycamore','Tanner','Victoria','Walnut','Willow']),
('place', array['US|Portland|972','US|Austin|787','US|Chicago|606','US|Boston|021','US|Denver|802','GB|Bristol|BS1 ','GB|Leeds|LS2 ','GB|Edinburgh|EH3 ','DE|Berlin|101','DE|Hamburg|200','DE|Köln|506','NL|Utrecht|35','NL|Rotterdam|30','FR|Lyon|690','FR|Nantes|440','ES|Valencia|460','ES|Bilbao|480','IT|Bologna|401','PT|Porto|400','SE|Malmö|21','DK|Aarhus|80','PL|Kraków|30-','TR|İzmir|35','JP|Kyoto|60','IN|Pune|411','BR|Curitiba|80','CA|Montréal|H2X ','AU|Hobart|70']),
('mail', array['mail.example','post.example','inbox.example','fastmail.test','kaffee.example','example.org','example.net','letters.test']),
('company', array['Blue Door Café','Northwind Roasters','Kaffeehaus Linden','Petit Matin','Harbour Hotel','Studio Ito','Lumen Coworking','The Reading Room','Alma Bakery','Fjord & Co.','Casa Verde','Second Cup Society'])
;
create function gen.of(row_id bigint, salt bigint, name text) returns text language sql stable parallel safe
  return (select gen.word(row_id, salt, words) from gen.words where list = name);
