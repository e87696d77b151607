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
  {
    version: 2, name: 'approvals, decisions, holds, grants and their events',
    sql: `
      -- What was asked stands in \`asked\` and never changes. \`sealed\` is the exact command, encrypted; its key is not in the store.
      create table gatehouse.approvals (
        id text primary key,
        kind text not null,
        state text not null check (state in ('open', 'approved', 'denied', 'expired', 'withdrawn', 'used')),
        intent text not null,
        requester_id text not null,
        connection text not null,
        likeness text not null,
        asked json not null,
        purpose text,
        sealed text,
        created_at timestamptz not null,
        expires_at timestamptz not null,
        closed_at timestamptz,
        close_reason text,
        broken_glass json,
        review json,
        check ((closed_at is null) = (state in ('open', 'approved')))
      );
      -- Among all gateways one active approval an intent: whoever comes second joins.
      create unique index approvals_active_intent on gatehouse.approvals (intent) where state in ('open', 'approved');
      create index approvals_active on gatehouse.approvals (id desc) where state in ('open', 'approved');
      create index approvals_by_requester on gatehouse.approvals (requester_id, id desc);
      create index approvals_alike on gatehouse.approvals (likeness, id desc);
      create index approvals_to_review on gatehouse.approvals (id desc) where broken_glass is not null and review is null;

      -- One a human and approval: deciding twice is not possible.
      create table gatehouse.approval_decisions (
        approval text not null references gatehouse.approvals (id),
        principal_id text not null,
        body json not null,
        attempt text,
        at timestamptz not null,
        primary key (approval, principal_id)
      );
      create index approval_decisions_by_principal on gatehouse.approval_decisions (principal_id, approval desc);

      create table gatehouse.approval_viewers (
        approval text not null references gatehouse.approvals (id),
        principal_id text not null,
        body json not null,
        at timestamptz not null,
        primary key (approval, principal_id)
      );

      -- Sessions that wait. \`seen_at\` is moved on by the gateway that has the session; one that stops moving is dead.
      create table gatehouse.approval_holds (
        id text primary key,
        approval text not null references gatehouse.approvals (id),
        gateway text not null,
        session text not null,
        command text not null,
        since timestamptz not null,
        seen_at timestamptz not null,
        gone_at timestamptz
      );
      create index approval_holds_by_approval on gatehouse.approval_holds (approval);
      create index approval_holds_waiting on gatehouse.approval_holds (gateway) where gone_at is null;

      create table gatehouse.grants (
        id text primary key,
        approval text not null unique references gatehouse.approvals (id),
        principal_id text not null,
        connection text not null,
        body json not null,
        opened_at timestamptz not null,
        expires_at timestamptz not null,
        revoked_at timestamptz,
        revoked json
      );
      create index grants_by_principal on gatehouse.grants (principal_id, connection, expires_at);
      create index grants_by_expiry on gatehouse.grants (expires_at desc);

      -- In the order of their commits (an advisory lock is held from the id to the commit), so that a cursor misses none.
      create table gatehouse.approval_events (
        id bigint generated always as identity primary key,
        at timestamptz not null,
        kind text not null,
        approval text not null references gatehouse.approvals (id),
        by_person json
      );

      create index tokens_by_principal on gatehouse.tokens (principal_id, issued_at desc);
    `,
  },
  {
    version: 3, name: 'notifications',
    sql: `
      -- Up to which event each target was looked through; a new target begins with what happens next.
      create table gatehouse.notify_targets (
        name text primary key,
        cursor bigint not null
      );

      -- What is to be sent. The id is the idempotency key: the same for every attempt, by whichever gateway.
      create table gatehouse.notifications (
        id text primary key,
        target text not null,
        event bigint not null,
        approval text not null references gatehouse.approvals (id),
        body text not null,
        attempts int not null default 0,
        created_at timestamptz not null,
        next_at timestamptz not null,
        delivered_at timestamptz,
        dead_at timestamptz,
        last_error text,
        unique (target, event)
      );
      create index notifications_due on gatehouse.notifications (next_at) where delivered_at is null and dead_at is null;
      create index notifications_dead on gatehouse.notifications (dead_at desc) where dead_at is not null;
    `,
  },
  {
    version: 4, name: 'when claims were made',
    sql: `
      -- When the provider issued the token (iat), not when it came here: the newest claims of a principal, however often an old token is shown.
      alter table gatehouse.tokens add column claims_at timestamptz;
      create index tokens_by_claims on gatehouse.tokens (principal_id, (coalesce(claims_at, issued_at)) desc);
      drop index gatehouse.tokens_by_principal;
    `,
  },
  {
    version: 5, name: 'pull requests that agreed',
    sql: `
      -- One pull request agrees to a statement once; released when what it agreed to ended without a run or a denial.
      create table gatehouse.approval_pulls (
        approval text primary key references gatehouse.approvals (id),
        repository_id bigint not null,
        pull int not null,
        statement text not null,
        body json not null,
        at timestamptz not null,
        released_at timestamptz
      );
      create unique index approval_pulls_once on gatehouse.approval_pulls (repository_id, pull, statement) where released_at is null;
    `,
  },
]
