// Statements that define things: CREATE, ALTER, DROP, GRANT, COMMENT, maintenance. A table from grammar node to kind, tag and the
// names it is about; whatever else stands in the statement is walked as a definition: named, not read.
import type { RelationName, SqlKind } from '../../shared/command.ts'
import { addAccess, addFunction, type Context } from './collector.ts'
import type { Describe, Describers } from './describe.ts'
import { global, objectName, objectNames, subjectOf, wholeDatabase, wholeSchema, wordsOfType } from './object-names.ts'
import { as, listOf, nameOf, relationOf, text, typed, words, type Fields } from './tree.ts'
import { walkFields } from './walk.ts'

interface Definition {
  readonly kind: SqlKind
  readonly tag: string | ((fields: Fields) => string)
  readonly names: (fields: Fields) => readonly RelationName[]
  /** Fields that `names` has read. */
  readonly read: readonly string[]
}

const range = (field: string) => (fields: Fields): readonly RelationName[] => {
  const found = as('RangeVar', fields[field])
  return found === null ? [] : [relationOf(found)]
}
const ranges = (field: string) => (fields: Fields) => listOf(fields[field]).flatMap((item) => range('it')({ it: item }))
const named = (field: string) => (fields: Fields) => [nameOf(words(fields[field])) ?? global(null)]
const globally = (field: string) => (fields: Fields) => [global(fields[field])]
const tables = (field: string) => (fields: Fields) => {
  const found = ranges(field)(fields)
  return found.length > 0 ? found : [wholeDatabase]
}
const roles = (field: string) => (fields: Fields) => listOf(fields[field]).map((item) => global(typed(item)?.fields['rolename']))
const role = (field: string) => (fields: Fields) => [global(typed(fields[field])?.fields['rolename'] ?? fields[field])]
const define = (kind: SqlKind, tag: Definition['tag'], names: Definition['names'], ...read: string[]): Definition => ({ kind, tag, names, read })

const definitions: { readonly [type: string]: Definition } = {
  CreateStmt: define('create', 'CREATE TABLE', range('relation'), 'relation', 'inhRelations'),
  ViewStmt: define('create', 'CREATE VIEW', range('view'), 'view'),
  IndexStmt: define('create', 'CREATE INDEX', range('relation'), 'relation'),
  CreateSeqStmt: define('create', 'CREATE SEQUENCE', range('sequence'), 'sequence'),
  CreateTrigStmt: define('create', 'CREATE TRIGGER', range('relation'), 'relation'),
  RuleStmt: define('create', 'CREATE RULE', range('relation'), 'relation'),
  CreatePolicyStmt: define('create', 'CREATE POLICY', range('table'), 'table'),
  CreateStatsStmt: define('create', 'CREATE STATISTICS', ranges('relations'), 'relations'),
  CompositeTypeStmt: define('create', 'CREATE TYPE', range('typevar'), 'typevar'),
  CreateFunctionStmt: define('create', (fields) => (fields['is_procedure'] === true ? 'CREATE PROCEDURE' : 'CREATE FUNCTION'), named('funcname')),
  DefineStmt: define('create', (fields) => `CREATE ${wordsOfType(fields['kind'])}`, named('defnames')),
  CreateEnumStmt: define('create', 'CREATE TYPE', named('typeName')),
  CreateRangeStmt: define('create', 'CREATE TYPE', named('typeName')),
  CreateDomainStmt: define('create', 'CREATE DOMAIN', named('domainname')),
  CreateConversionStmt: define('create', 'CREATE CONVERSION', named('conversion_name')),
  CreateOpClassStmt: define('create', 'CREATE OPERATOR CLASS', named('opclassname')),
  CreateOpFamilyStmt: define('create', 'CREATE OPERATOR FAMILY', named('opfamilyname')),
  CreateCastStmt: define('create', 'CREATE CAST', globally('cast')),
  CreateTransformStmt: define('create', 'CREATE TRANSFORM', globally('lang')),
  CreateExtensionStmt: define('create', 'CREATE EXTENSION', globally('extname')),
  CreateRoleStmt: define('create', 'CREATE ROLE', globally('role')),
  CreatedbStmt: define('create', 'CREATE DATABASE', globally('dbname')),
  CreateTableSpaceStmt: define('create', 'CREATE TABLESPACE', globally('tablespacename')),
  CreateFdwStmt: define('create', 'CREATE FOREIGN DATA WRAPPER', globally('fdwname')),
  CreateForeignServerStmt: define('create', 'CREATE SERVER', globally('servername')),
  CreateUserMappingStmt: define('create', 'CREATE USER MAPPING', role('user')),
  ImportForeignSchemaStmt: define('create', 'IMPORT FOREIGN SCHEMA', (fields) => [wholeSchema(text(fields['local_schema']) ?? '*')], 'table_list'),
  CreateAmStmt: define('create', 'CREATE ACCESS METHOD', globally('amname')),
  CreateEventTrigStmt: define('create', 'CREATE EVENT TRIGGER', globally('trigname')),
  CreatePLangStmt: define('create', 'CREATE LANGUAGE', globally('plname')),
  CreatePublicationStmt: define('create', 'CREATE PUBLICATION', globally('pubname')),
  CreateSubscriptionStmt: define('create', 'CREATE SUBSCRIPTION', globally('subname')),

  AlterTableStmt: define('alter', (fields) => `ALTER ${wordsOfType(fields['objtype'])}`, range('relation'), 'relation'),
  AlterSeqStmt: define('alter', 'ALTER SEQUENCE', range('sequence'), 'sequence'),
  AlterPolicyStmt: define('alter', 'ALTER POLICY', range('table'), 'table'),
  RenameStmt: define('alter', (fields) => `ALTER ${wordsOfType(fields['renameType'])}`, renamed, 'relation', 'object'),
  AlterObjectSchemaStmt: define('alter', (fields) => `ALTER ${wordsOfType(fields['objectType'])}`, moved, 'relation', 'object'),
  AlterOwnerStmt: define('alter', (fields) => `ALTER ${wordsOfType(fields['objectType'])}`, (fields) => [subjectOf(fields, fields['objectType'])], 'relation', 'object'),
  AlterObjectDependsStmt: define('alter', (fields) => `ALTER ${wordsOfType(fields['objectType'])}`, (fields) => [subjectOf(fields, fields['objectType'])], 'relation', 'object'),
  AlterFunctionStmt: define('alter', 'ALTER FUNCTION', (fields) => [nameOf(words(typed(fields['func'])?.fields['objname'])) ?? global(null)], 'func'),
  AlterDomainStmt: define('alter', 'ALTER DOMAIN', named('typeName')),
  AlterEnumStmt: define('alter', 'ALTER TYPE', named('typeName')),
  AlterTypeStmt: define('alter', 'ALTER TYPE', named('typeName')),
  AlterCollationStmt: define('alter', 'ALTER COLLATION', named('collname')),
  AlterOperatorStmt: define('alter', 'ALTER OPERATOR', (fields) => [nameOf(words(typed(fields['opername'])?.fields['objname'])) ?? global(null)], 'opername'),
  AlterOpFamilyStmt: define('alter', 'ALTER OPERATOR FAMILY', named('opfamilyname')),
  AlterStatsStmt: define('alter', 'ALTER STATISTICS', named('defnames')),
  AlterTSDictionaryStmt: define('alter', 'ALTER TEXT SEARCH DICTIONARY', named('dictname')),
  AlterTSConfigurationStmt: define('alter', 'ALTER TEXT SEARCH CONFIGURATION', named('cfgname')),
  AlterExtensionStmt: define('alter', 'ALTER EXTENSION', globally('extname')),
  AlterExtensionContentsStmt: define('alter', 'ALTER EXTENSION', (fields) => [global(fields['extname']), objectName(fields['objtype'], fields['object'])], 'object'),
  AlterRoleStmt: define('alter', 'ALTER ROLE', role('role')),
  AlterRoleSetStmt: define('alter', 'ALTER ROLE', role('role')),
  AlterDatabaseStmt: define('alter', 'ALTER DATABASE', globally('dbname')),
  AlterDatabaseSetStmt: define('alter', 'ALTER DATABASE', globally('dbname')),
  AlterDatabaseRefreshCollStmt: define('alter', 'ALTER DATABASE', globally('dbname')),
  AlterTableSpaceOptionsStmt: define('alter', 'ALTER TABLESPACE', globally('tablespacename')),
  AlterTableMoveAllStmt: define('alter', 'ALTER TABLE', () => [wholeDatabase]),
  AlterFdwStmt: define('alter', 'ALTER FOREIGN DATA WRAPPER', globally('fdwname')),
  AlterForeignServerStmt: define('alter', 'ALTER SERVER', globally('servername')),
  AlterUserMappingStmt: define('alter', 'ALTER USER MAPPING', role('user')),
  AlterEventTrigStmt: define('alter', 'ALTER EVENT TRIGGER', globally('trigname')),
  AlterPublicationStmt: define('alter', 'ALTER PUBLICATION', globally('pubname')),
  AlterSubscriptionStmt: define('alter', 'ALTER SUBSCRIPTION', globally('subname')),
  AlterSystemStmt: define('alter', 'ALTER SYSTEM', () => [global('system')]),
  ReassignOwnedStmt: define('alter', 'REASSIGN OWNED', () => [wholeDatabase]),
  SecLabelStmt: define('alter', 'SECURITY LABEL', (fields) => [objectName(fields['objtype'], fields['object'])], 'object'),

  DropStmt: define('drop', (fields) => `DROP ${wordsOfType(fields['removeType'])}`, (fields) => objectNames(fields['removeType'], fields['objects']), 'objects'),
  DropRoleStmt: define('drop', 'DROP ROLE', roles('roles')),
  DropdbStmt: define('drop', 'DROP DATABASE', () => [wholeDatabase]),
  DropTableSpaceStmt: define('drop', 'DROP TABLESPACE', globally('tablespacename')),
  DropUserMappingStmt: define('drop', 'DROP USER MAPPING', role('user')),
  DropSubscriptionStmt: define('drop', 'DROP SUBSCRIPTION', globally('subname')),
  DropOwnedStmt: define('drop', 'DROP OWNED', () => [wholeDatabase]),

  CommentStmt: define('comment', 'COMMENT', (fields) => [objectName(fields['objtype'], fields['object'])], 'object'),
  TruncateStmt: define('truncate', 'TRUNCATE TABLE', ranges('relations'), 'relations'),
  LockStmt: define('lock', 'LOCK TABLE', ranges('relations'), 'relations'),
  ReindexStmt: define('reindex', 'REINDEX', reindexed, 'relation'),
  ClusterStmt: define('cluster', 'CLUSTER', (fields) => (fields['relation'] === undefined ? [wholeDatabase] : range('relation')(fields)), 'relation'),
  RefreshMatViewStmt: define('refresh', 'REFRESH MATERIALIZED VIEW', range('relation'), 'relation'),
}

/** A new name is a relation that appears: masks and rules go by name, so it counts as created. */
function renamed(fields: Fields): readonly RelationName[] {
  return [subjectOf(fields, fields['renameType'])]
}

function moved(fields: Fields): readonly RelationName[] {
  return [subjectOf(fields, fields['objectType'])]
}

function reindexed(fields: Fields): readonly RelationName[] {
  const one = range('relation')(fields)
  if (one.length > 0) return one
  return fields['kind'] === 'REINDEX_OBJECT_SCHEMA' ? [wholeSchema(text(fields['name']) ?? '*')] : [wholeDatabase]
}

const fromDefinition = (definition: Definition): Describe => (fields, context) => {
  const { kind, tag, names, read } = definition
  for (const name of names(fields)) addAccess(context, kind, name)
  walkFields(fields, definitionContext(context), read)
  return { kind, tag: typeof tag === 'string' ? tag : tag(fields) }
}

function definitionContext(context: Context): Context {
  return { ...context, isDefinition: true }
}

const special: Describers = {
  CreateStmt: (fields, context, inner) => {
    // A partition or child becomes part of its parent: the parent changes.
    for (const name of ranges('inhRelations')(fields)) addAccess(context, 'alter', name)
    return fromDefinition(definitions['CreateStmt']!)(fields, context, inner)
  },
  CreateForeignTableStmt: (fields, context, inner) => ({ ...inner({ CreateStmt: fields['base'] }, context), tag: 'CREATE FOREIGN TABLE' }),
  AlterTableStmt: (fields, context, inner) => fromDefinition(definitions['AlterTableStmt']!)(fields, { ...context, naming: 'alter' }, inner),
  RenameStmt: (fields, context, inner) => {
    const from = subjectOf(fields, fields['renameType'])
    const isRelation = fields['relation'] !== undefined && fields['subname'] === undefined
    if (isRelation) addAccess(context, 'create', { schema: from.schema, name: text(fields['newname']) ?? '' })
    if (fields['renameType'] === 'OBJECT_SCHEMA') addAccess(context, 'create', wholeSchema(text(fields['newname']) ?? '*'))
    const object = fields['renameType'] === 'OBJECT_SCHEMA' ? wholeSchema(text(fields['subname']) ?? '*') : fields['renameType'] === 'OBJECT_DATABASE' || fields['renameType'] === 'OBJECT_ROLE' ? global(fields['subname']) : null
    if (object !== null) {
      addAccess(context, 'alter', object)
      return { kind: 'alter', tag: `ALTER ${wordsOfType(fields['renameType'])}` }
    }
    return fromDefinition(definitions['RenameStmt']!)(fields, context, inner)
  },
  AlterObjectSchemaStmt: (fields, context, inner) => {
    const from = subjectOf(fields, fields['objectType'])
    addAccess(context, 'create', { schema: text(fields['newschema']), name: from.name })
    return fromDefinition(definitions['AlterObjectSchemaStmt']!)(fields, context, inner)
  },
  CreateTrigStmt: (fields, context, inner) => {
    const name = nameOf(words(fields['funcname']))
    if (name !== null) addFunction(context, { ...name, isConstant: true })
    return fromDefinition(definitions['CreateTrigStmt']!)(fields, context, inner)
  },
  CreateEventTrigStmt: (fields, context, inner) => {
    const name = nameOf(words(fields['funcname']))
    if (name !== null) addFunction(context, { ...name, isConstant: true })
    return fromDefinition(definitions['CreateEventTrigStmt']!)(fields, context, inner)
  },
  CreateSchemaStmt: (fields, context, inner) => {
    const schema = text(fields['schemaname']) ?? '*'
    addAccess(context, 'create', wholeSchema(schema))
    for (const element of listOf(fields['schemaElts'])) inner(element, context)
    return { kind: 'create', tag: 'CREATE SCHEMA' }
  },
  GrantStmt: (fields, context) => {
    const kind = fields['is_grant'] === true ? 'grant' : 'revoke'
    const isWhole = fields['targtype'] === 'ACL_TARGET_ALL_IN_SCHEMA'
    const names = fields['targtype'] === 'ACL_TARGET_DEFAULTS' ? [wholeDatabase]
      : listOf(fields['objects']).map((object) => (isWhole ? wholeSchema(words(object)[0] ?? '*') : objectName(fields['objtype'], object)))
    for (const name of names) addAccess(context, kind, name)
    return { kind, tag: kind.toUpperCase() }
  },
  GrantRoleStmt: (fields, context) => {
    const kind = fields['is_grant'] === true ? 'grant' : 'revoke'
    for (const item of listOf(fields['granted_roles'])) addAccess(context, kind, global(as('AccessPriv', item)?.['priv_name']))
    return { kind, tag: `${kind.toUpperCase()} ROLE` }
  },
  AlterDefaultPrivilegesStmt: (fields, context, inner) => ({ ...inner({ GrantStmt: fields['action'] }, context), tag: 'ALTER DEFAULT PRIVILEGES' }),
  VacuumStmt: (fields, context) => {
    const kind = fields['is_vacuumcmd'] === true ? 'vacuum' : 'analyze'
    const rels = { rels: listOf(fields['rels']).map((item) => as('VacuumRelation', item)?.['relation']) }
    for (const name of tables('rels')(rels)) addAccess(context, kind, name)
    return { kind, tag: kind.toUpperCase() }
  },
}

export const ddlStatements: Describers = {
  ...Object.fromEntries(Object.entries(definitions).map(([type, definition]) => [type, fromDefinition(definition)])),
  ...special,
}
