// The schema, as the steps that lead to it. A step that was released is never changed; the next one is added below.

export interface Migration { readonly version: number; readonly name: string; readonly sql: string }

export const migrations: readonly Migration[] = [
  {
    version: 1, name: 'principals, tokens, sessions, audit events',
    sql: `
      create table gatehouse.principals (
        id text primary key,
        provider text not null,
        subject text not null,
        kind text not null,
        email text,
        first_seen_at timestamptz not null,
        last_seen_at timestamptz not null
      );

      -- The token itself is nowhere: whoever reads this table can sign in as nobody.
      -- json, not jsonb: a claim may hold \\u0000, which jsonb refuses.
      create table gatehouse.tokens (
        hash text primary key,
        principal_id text not null,
        provider text not null,
        principal json not null,
        issued_at timestamptz not null,
        expires_at timestamptz not null,
        revoked_at timestamptz
      );
      create index tokens_expires_at on gatehouse.tokens (expires_at);

      create table gatehouse.sessions (
        id text primary key,
        gateway text not null,
        connection text not null,
        kind text not null,
        principal_id text not null references gatehouse.principals (id),
        principal_email text,
        principal_kind text not null,
        via text not null,
        client text not null,
        opened_at timestamptz not null,
        closed_at timestamptz,
        close_reason text,
        commands bigint not null default 0,
        refusals bigint not null default 0,
        check ((closed_at is null) = (close_reason is null))
      );
      create index sessions_by_principal on gatehouse.sessions (principal_id, id desc);
      create index sessions_by_connection on gatehouse.sessions (connection, id desc);
      create index sessions_open on gatehouse.sessions (gateway) where closed_at is null;

      create table gatehouse.audit_events (
        id bigint generated always as identity primary key,
        at timestamptz not null,
        gateway text not null,
        kind text not null,
        principal text,
        detail json not null
      );
      create index audit_events_by_kind on gatehouse.audit_events (kind, id desc);

      create function gatehouse.refuse_change() returns trigger language plpgsql as $$
        begin raise exception 'audit events are only ever added' using errcode = '42501'; end $$;
      create trigger audit_events_only_added before update or delete or truncate on gatehouse.audit_events
        for each statement execute function gatehouse.refuse_change();
    `,
  },
]
