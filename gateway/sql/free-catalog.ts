// Catalog relations that need no rule of their own: what psql's backslash commands, JDBC, DBeaver, Rails and Prisma ask to find
// their way. They hold definitions, neither rows nor secrets. Only reading them is free. And those that are the opposite.

const pgCatalog = [
  // Relations, columns, constraints: \d, and every schema browser.
  'pg_class', 'pg_attribute', 'pg_attrdef', 'pg_constraint', 'pg_index', 'pg_inherits', 'pg_partitioned_table', 'pg_namespace', 'pg_sequence', 'pg_rewrite',
  'pg_trigger', 'pg_policy', 'pg_statistic_ext', 'pg_depend', 'pg_shdepend', 'pg_description', 'pg_shdescription', 'pg_seclabel', 'pg_shseclabel',
  'pg_tables', 'pg_views', 'pg_matviews', 'pg_indexes', 'pg_sequences', 'pg_rules', 'pg_policies', 'pg_seclabels',
  // Types, functions, operators: result decoding in every driver, \df, \dT, \do. Function bodies are definitions.
  'pg_type', 'pg_enum', 'pg_range', 'pg_proc', 'pg_aggregate', 'pg_operator', 'pg_opclass', 'pg_opfamily', 'pg_amop', 'pg_amproc', 'pg_am', 'pg_cast',
  'pg_collation', 'pg_conversion', 'pg_language', 'pg_transform',
  'pg_ts_config', 'pg_ts_config_map', 'pg_ts_dict', 'pg_ts_parser', 'pg_ts_template',
  // The database and its roles, without passwords: \l, \du, \dn, \db.
  'pg_database', 'pg_roles', 'pg_user', 'pg_group', 'pg_auth_members', 'pg_tablespace', 'pg_default_acl', 'pg_init_privs', 'pg_parameter_acl',
  // Extensions, foreign data, publications: \dx, \des, \dRp. Not user mappings or subscriptions: those hold passwords.
  'pg_extension', 'pg_available_extensions', 'pg_available_extension_versions', 'pg_event_trigger', 'pg_foreign_data_wrapper', 'pg_foreign_server',
  'pg_foreign_table', 'pg_publication', 'pg_publication_rel', 'pg_publication_namespace', 'pg_publication_tables',
  // How this session is encrypted (pgAdmin, on connect): of others' too, but neither statements nor values; blocks read, from which Sequelize takes names.
  'pg_stat_gssapi', 'pg_statio_all_tables',
  // As free as SHOW ALL (JDBC reads max_index_keys from it); time zones for pickers.
  'pg_settings', 'pg_timezone_names', 'pg_timezone_abbrevs',
]

const informationSchema = [
  'information_schema_catalog_name', 'administrable_role_authorizations', 'applicable_roles', 'attributes', 'character_sets', 'check_constraint_routine_usage',
  'check_constraints', 'collations', 'collation_character_set_applicability', 'column_column_usage', 'column_domain_usage', 'column_privileges',
  'column_udt_usage', 'columns', 'constraint_column_usage', 'constraint_table_usage', 'data_type_privileges', 'domain_constraints', 'domain_udt_usage',
  'domains', 'element_types', 'enabled_roles', 'foreign_data_wrappers', 'foreign_servers', 'foreign_tables', 'key_column_usage', 'parameters',
  'referential_constraints', 'role_column_grants', 'role_routine_grants', 'role_table_grants', 'role_udt_grants', 'role_usage_grants', 'routine_column_usage',
  'routine_privileges', 'routine_routine_usage', 'routine_sequence_usage', 'routine_table_usage', 'routines', 'schemata', 'sequences', 'sql_features',
  'sql_implementation_info', 'sql_parts', 'sql_sizing', 'table_constraints', 'table_privileges', 'tables', 'transforms', 'triggered_update_columns',
  'triggers', 'udt_privileges', 'usage_privileges', 'user_defined_types', 'view_column_usage', 'view_routine_usage', 'view_table_usage', 'views',
]

/** `schema.name`, as accesses resolve. */
export const freeCatalog: ReadonlySet<string> = new Set([
  ...pgCatalog.map((name) => `pg_catalog.${name}`), ...informationSchema.map((name) => `information_schema.${name}`),
])

/** Bare names of catalog relations that hold what rows hold, or others' statements: not for a principal with masks, whatever policy allows. */
const revealing: ReadonlySet<string> = new Set([
  'pg_statistic', 'pg_stats', 'pg_statistic_ext_data', 'pg_stats_ext', 'pg_stats_ext_exprs', // samples of values
  'pg_largeobject', // data outside of tables
  'pg_stat_activity', 'pg_stat_statements', 'pg_stat_statements_info', 'pg_prepared_statements', 'pg_cursors', 'pg_stat_replication', // statements with their literals
  'pg_authid', 'pg_shadow', 'pg_user_mapping', 'pg_user_mappings', 'pg_subscription', 'pg_hba_file_rules', 'pg_file_settings', 'pg_db_role_setting', // secrets
])

/** `schema.name` as accesses resolve; the schema does not matter (pg_stat_statements lives in any), but for the one of long values. */
export function isRevealingCatalog(relation: string): boolean {
  return revealing.has(relation.slice(relation.indexOf('.') + 1)) || relation.startsWith('pg_toast.')
}
