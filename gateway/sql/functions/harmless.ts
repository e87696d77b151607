// PostgreSQL's functions that are not immutable, and yet give nothing but their arguments, the clock, chance, who is asking,
// definitions or sizes: whoever has masks may call them. What is neither immutable nor here is refused to them (function-class.ts).

interface Group {
  readonly why: string
  /** The result holds no value of a row but those in the arguments: lineage follows it (lineage/trusted-functions.ts). */
  readonly isFollowed: boolean
  readonly names: string
}

export const harmlessGroups: readonly Group[] = [
  { why: 'converts by time zone, locale or encoding', isFollowed: true, names: `age anytextcat convert convert_from convert_to date date_add date_part date_subtract
    date_trunc extract length make_timestamptz money numeric overlaps textanycat time timestamp timestamptz timetz timezone to_char to_date to_number
    to_timestamp generate_series in_range interval_pl_timestamptz timestamptz_pl_interval timestamptz_mi_interval xml xml_is_well_formed` },
  { why: 'makes texts, arrays and JSON of any type', isFollowed: true, names: `array_to_json array_to_string concat concat_ws format quote_literal quote_nullable row_to_json
    to_json to_jsonb json_agg json_agg_strict json_build_array json_build_object json_object_agg json_object_agg_strict json_object_agg_unique
    json_object_agg_unique_strict json_populate_record json_populate_recordset json_to_record json_to_recordset json_to_tsvector jsonb_agg
    jsonb_agg_strict jsonb_build_array jsonb_build_object
    jsonb_populate_record jsonb_populate_record_valid jsonb_populate_recordset jsonb_to_record jsonb_to_recordset
    jsonb_to_tsvector jsonb_path_exists_tz jsonb_path_match_tz jsonb_path_query_array_tz jsonb_path_query_first_tz jsonb_path_query_tz` },
  { why: 'searches text by dictionaries, which are files of the server', isFollowed: true, names: `to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery ts_headline
    ts_match_tq ts_match_tt get_current_ts_config` },
  { why: 'parses text as dictionaries would', isFollowed: false, names: 'ts_debug ts_parse ts_token_type' },
  { why: 'says something of a value', isFollowed: true, names: `pg_typeof pg_collation_for pg_column_size pg_column_compression pg_input_is_valid pg_input_error_info
    enum_first enum_last enum_range` },
  { why: 'compares dates with times by the time zone', isFollowed: false, names: `date_cmp_timestamptz date_eq_timestamptz date_ge_timestamptz date_gt_timestamptz date_le_timestamptz
    date_lt_timestamptz date_ne_timestamptz timestamp_cmp_timestamptz timestamp_eq_timestamptz timestamp_ge_timestamptz timestamp_gt_timestamptz
    timestamp_le_timestamptz timestamp_lt_timestamptz timestamp_ne_timestamptz timestamptz_cmp_date timestamptz_cmp_timestamp timestamptz_eq_date
    timestamptz_eq_timestamp timestamptz_ge_date timestamptz_ge_timestamp timestamptz_gt_date timestamptz_gt_timestamp timestamptz_le_date
    timestamptz_le_timestamp timestamptz_lt_date timestamptz_lt_timestamp timestamptz_ne_date timestamptz_ne_timestamp` },
  { why: 'reads or writes values of a type', isFollowed: false, names: `aclitemin aclitemout anyarray_out anyarray_send anycompatiblearray_out anycompatiblearray_send
    anycompatiblemultirange_in anycompatiblemultirange_out anycompatiblerange_in anycompatiblerange_out anyenum_out anymultirange_in anymultirange_out
    anyrange_in anyrange_out array_in array_out array_send bpcharsend brin_bloom_summary_send brin_minmax_multi_summary_send cash_in cash_out cstring_send
    date_in date_out domain_in enum_in enum_out enum_send interval_in interval_out multirange_in multirange_out multirange_send namesend pg_dependencies_send
    pg_mcv_list_send pg_ndistinct_send pg_node_tree_send range_in range_out range_send record_in record_out record_send regclassin regclassout
    regcollationin regcollationout regconfigin regconfigout regdictionaryin regdictionaryout regnamespacein regnamespaceout regoperatorin regoperatorout
    regoperin regoperout regprocedurein regprocedureout regprocin regprocout regrolein regroleout regtypein regtypeout textsend time_in timestamp_in
    timestamp_out timestamptz_in timestamptz_out timetz_in varcharsend xml_in xml_send` },
  { why: 'reads the clock', isFollowed: true, names: 'now statement_timestamp transaction_timestamp clock_timestamp timeofday' },
  { why: 'gives chance', isFollowed: true, names: 'gen_random_uuid uuidv4 uuidv7' },
  { why: 'says where a sequence stands', isFollowed: false, names: 'currval lastval pg_sequence_last_value pg_get_sequence_data' },
  { why: 'gives back all locks of the session', isFollowed: true, names: 'pg_advisory_unlock_all' },
  { why: 'says who asks, and of which database', isFollowed: true, names: `current_database current_schema current_schemas current_user session_user version pg_backend_pid
    pg_client_encoding getdatabaseencoding pg_is_in_recovery pg_postmaster_start_time pg_my_temp_schema` },
  { why: 'says something of the session', isFollowed: true, names: `getpgusername system_user pg_trigger_depth pg_listening_channels pg_notification_queue_usage pg_jit_available
    pg_numa_available pg_conf_load_time mxid_age` },
  // What a setting holds came from a constant: set_config is not for what comes from masked columns.
  { why: 'shows settings', isFollowed: false, names: 'current_setting pg_show_all_settings pg_settings_get_flags' },
  { why: 'numbers transactions', isFollowed: true, names: `pg_current_snapshot pg_current_xact_id_if_assigned pg_xact_status txid_current_if_assigned
    txid_current_snapshot txid_status pg_last_committed_xact pg_xact_commit_timestamp pg_xact_commit_timestamp_origin` },
  { why: 'says how far replication is, which ORMs wait for', isFollowed: true, names: `pg_is_wal_replay_paused pg_last_wal_receive_lsn pg_last_wal_replay_lsn
    pg_last_xact_replay_timestamp pg_current_wal_lsn pg_current_wal_insert_lsn pg_current_wal_flush_lsn pg_split_walfile_name` },
  { why: 'shows definitions', isFollowed: true, names: `format_type obj_description col_description shobj_description pg_get_constraintdef pg_get_expr pg_get_function_arg_default
    pg_get_function_arguments pg_get_function_identity_arguments pg_get_function_result pg_get_function_sqlbody pg_get_functiondef pg_get_indexdef
    pg_get_keywords pg_get_partition_constraintdef pg_get_partkeydef pg_get_ruledef pg_get_serial_sequence pg_get_statisticsobjdef
    pg_get_statisticsobjdef_columns pg_get_triggerdef pg_get_userbyid pg_get_viewdef pg_encoding_to_char pg_char_to_encoding pg_describe_object
    pg_identify_object pg_index_column_has_property pg_index_has_property pg_indexam_has_property pg_relation_is_updatable pg_column_is_updatable
    pg_relation_is_publishable pg_options_to_table pg_partition_ancestors pg_partition_tree pg_sequence_parameters pg_tablespace_location
    pg_get_replica_identity_index pg_get_publication_tables row_security_active to_regclass to_regcollation to_regnamespace to_regoper
    to_regoperator to_regproc to_regprocedure to_regrole to_regtype to_regtypemod regclass oidvectortypes pg_basetype
    aclexplode pg_get_acl pg_get_object_address pg_identify_object_as_address pg_get_statisticsobjdef_expressions
    pg_get_catalog_foreign_keys pg_available_extensions pg_available_extension_versions pg_extension_update_paths pg_timezone_abbrevs_abbrevs
    pg_timezone_abbrevs_zone pg_timezone_names pg_collation_actual_version pg_database_collation_actual_version pg_filenode_relation
    pg_tablespace_databases pg_column_toast_chunk_id` },
  { why: 'says what is visible and who may what', isFollowed: true, names: `pg_table_is_visible pg_type_is_visible pg_function_is_visible pg_operator_is_visible pg_opclass_is_visible
    pg_opfamily_is_visible pg_collation_is_visible pg_conversion_is_visible pg_statistics_obj_is_visible pg_ts_config_is_visible
    pg_ts_dict_is_visible pg_ts_parser_is_visible pg_ts_template_is_visible pg_is_other_temp_schema has_any_column_privilege has_column_privilege
    has_database_privilege has_foreign_data_wrapper_privilege has_function_privilege has_language_privilege has_parameter_privilege
    has_schema_privilege has_sequence_privilege has_server_privilege has_table_privilege has_tablespace_privilege has_type_privilege pg_has_role
    has_largeobject_privilege` },
  // It reads pg_index by the oid it is given; information_schema has it for itself.
  { why: 'shows the use of an index', isFollowed: true, names: 'pg_stat_get_numscans' },
  { why: 'shows definitions, for information_schema', isFollowed: false, names: '_pg_index_position' },
  { why: 'measures', isFollowed: true, names: `pg_relation_size pg_table_size pg_total_relation_size pg_indexes_size pg_database_size pg_tablespace_size pg_relation_filenode
    pg_relation_filepath` },
]

const namesOf = ({ names }: Group): readonly string[] => names.split(/\s+/)

/** Name → why. */
export const harmlessFunctions: ReadonlyMap<string, string> = new Map(harmlessGroups.flatMap((group) => namesOf(group).map((name) => [name, group.why] as const)))

export const followedFunctions: readonly string[] = harmlessGroups.filter(({ isFollowed }) => isFollowed).flatMap(namesOf)
