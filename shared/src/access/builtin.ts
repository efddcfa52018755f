const readable = ['certificates', 'clusters', 'repositories', 'write-repositories', 'projects', 'accounts', 'gpgkeys']
const readableInProjects = ['applications', 'applicationsets', 'logs']
const readonly = 'role:readonly'
const admin = 'role:admin'

/** What an administrator may, beyond reading; objects of a project are named with it. */
const administered: readonly (readonly [resource: string, actions: string, object: string])[] = [
  ['applications', 'create update update/* delete delete/* sync rollback override action/*', '*/*'],
  ['applicationsets', 'get create update delete', '*/*'],
  ['certificates', 'create update delete', '*'],
  ['clusters', 'create update delete', '*'],
  ['repositories', 'create update delete', '*'],
  ['write-repositories', 'create update delete', '*'],
  ['projects', 'create update delete', '*'],
  ['accounts', 'update', '*'],
  ['gpgkeys', 'create delete', '*'],
  ['exec', 'create', '*/*'],
]

/** The roles that every Argo CD has, and `admin`, who has them. */
export const builtinPolicy = [
  ...readableInProjects.map((resource) => `p, ${readonly}, ${resource}, get, */*, allow`),
  ...readable.map((resource) => `p, ${readonly}, ${resource}, get, *, allow`),
  ...administered.flatMap(([resource, actions, object]) =>
    actions.split(' ').map((action) => `p, ${admin}, ${resource}, ${action}, ${object}, allow`),
  ),
  `g, ${admin}, ${readonly}`,
  `g, admin, ${admin}`,
].join('\n')
