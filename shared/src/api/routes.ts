import * as body from './bodies.ts'
import { anyone, each, may, own, type RouteDeclaration } from './route.ts'

const application = '/v1/applications/:name'
const resource = `${application}/resource`
const project = '/v1/projects/:name'
const cluster = '/v1/clusters/:id'
const repository = '/v1/repositories/:repo'
const writeRepository = '/v1/write-repositories/:repo'
const set = '/v1/applicationsets/:name'
const roleToken = '/v1/projects/:project/roles/:role/token'
const get = (path: string, permission = own): RouteDeclaration => ({ method: 'GET', path, permission })
const apps = (action: string) => may('applications', action)

/** Every operation of the REST API: its path, who may, and what its body looks like. */
export const routes = {
  version: get('/version', anyone),
  settings: get('/v1/settings', anyone),
  plugins: get('/v1/settings/plugins', anyone),
  login: { method: 'POST', path: '/v1/session', permission: anyone, body: body.Session },
  logout: { method: 'DELETE', path: '/v1/session', permission: anyone },
  userinfo: get('/v1/session/userinfo', anyone),

  accounts: get('/v1/account', each('accounts')),
  canI: get('/v1/account/can-i/:resource/:action/*'),
  password: { method: 'PUT', path: '/v1/account/password', permission: own, body: body.UpdatePassword },
  account: get('/v1/account/:name'),
  createToken: {
    method: 'POST',
    path: '/v1/account/:name/token',
    permission: may('accounts', 'update'),
    body: body.CreateToken,
  },
  deleteToken: { method: 'DELETE', path: '/v1/account/:name/token/:id', permission: may('accounts', 'update') },

  applications: get('/v1/applications', each('applications')),
  createApplication: {
    method: 'POST',
    path: '/v1/applications',
    permission: apps('create'),
    body: body.ApplicationBody,
  },
  application: get(application, apps('get')),
  updateApplication: { method: 'PUT', path: application, permission: apps('update'), body: body.ApplicationBody },
  updateSpec: {
    method: 'PUT',
    path: `${application}/spec`,
    permission: apps('update'),
    body: body.ApplicationSpecBody,
  },
  patchApplication: { method: 'PATCH', path: application, permission: apps('update'), body: body.ApplicationPatch },
  deleteApplication: { method: 'DELETE', path: application, permission: apps('delete') },
  sync: { method: 'POST', path: `${application}/sync`, permission: apps('sync'), body: body.Sync },
  rollback: { method: 'POST', path: `${application}/rollback`, permission: apps('sync'), body: body.Rollback },
  terminate: { method: 'DELETE', path: `${application}/operation`, permission: apps('sync') },
  resourceTree: get(`${application}/resource-tree`, apps('get')),
  managedResources: get(`${application}/managed-resources`, apps('get')),
  resource: get(resource, apps('get')),
  patchResource: { method: 'POST', path: resource, permission: apps('update') },
  deleteResource: { method: 'DELETE', path: resource, permission: apps('delete') },
  actions: get(`${resource}/actions`, apps('get')),
  runActionV1: { method: 'POST', path: `${resource}/actions`, permission: apps('action') },
  runAction: { method: 'POST', path: `${resource}/actions/v2`, permission: apps('action'), body: body.RunAction },
  links: get(`${application}/links`, apps('get')),
  resourceLinks: get(`${resource}/links`, apps('get')),
  applicationWindows: get(`${application}/syncwindows`, apps('get')),
  applicationWaiting: get(`${application}/waiting`, apps('get')),
  applicationEvents: get(`${application}/events`, apps('get')),
  manifests: get(`${application}/manifests`, apps('get')),
  manifestsWithFiles: {
    method: 'POST',
    path: '/v1/applications/manifestsWithFiles',
    permission: apps('get'),
    parts: true,
  },
  revisionMetadata: get(`${application}/revisions/:revision/metadata`, apps('get')),
  chartDetails: get(`${application}/revisions/:revision/chartdetails`, apps('get')),
  logs: { ...get(`${application}/logs`, may('logs', 'get')), stream: true },
  podLogs: { ...get(`${application}/pods/:podName/logs`, may('logs', 'get')), stream: true },
  watchApplications: { ...get('/v1/stream/applications', each('applications')), stream: true },
  watchTree: { ...get('/v1/stream/applications/:name/resource-tree', apps('get')), stream: true },

  applicationSets: get('/v1/applicationsets', each('applicationsets')),
  createApplicationSet: {
    method: 'POST',
    path: '/v1/applicationsets',
    permission: may('applicationsets', 'create'),
    body: body.ApplicationSetBody,
  },
  generate: {
    method: 'POST',
    path: '/v1/applicationsets/generate',
    permission: may('applicationsets', 'create'),
    body: body.GenerateBody,
  },
  applicationSet: get(set, may('applicationsets', 'get')),
  deleteApplicationSet: { method: 'DELETE', path: set, permission: may('applicationsets', 'delete') },
  applicationSetTree: get(`${set}/resource-tree`, may('applicationsets', 'get')),
  applicationSetEvents: get(`${set}/events`, may('applicationsets', 'get')),
  watchApplicationSets: { ...get('/v1/stream/applicationsets', each('applicationsets')), stream: true },

  projects: get('/v1/projects', each('projects')),
  createProject: {
    method: 'POST',
    path: '/v1/projects',
    permission: may('projects', 'create'),
    body: body.ProjectBody,
  },
  project: get(project, may('projects', 'get')),
  updateProject: { method: 'PUT', path: project, permission: may('projects', 'update'), body: body.ProjectBody },
  deleteProject: { method: 'DELETE', path: project, permission: may('projects', 'delete') },
  projectDetails: get(`${project}/detailed`, may('projects', 'get')),
  projectEvents: get(`${project}/events`, may('projects', 'get')),
  projectLinks: get(`${project}/links`, may('projects', 'get')),
  globalProjects: get(`${project}/globalprojects`, may('projects', 'get')),
  projectWindows: get(`${project}/syncwindows`, may('projects', 'get')),
  createRoleToken: { method: 'POST', path: roleToken, permission: may('projects', 'update'), body: body.CreateToken },
  deleteRoleToken: { method: 'DELETE', path: `${roleToken}/:iat`, permission: may('projects', 'update') },

  clusters: get('/v1/clusters', each('clusters')),
  createCluster: {
    method: 'POST',
    path: '/v1/clusters',
    permission: may('clusters', 'create'),
    body: body.ClusterBody,
  },
  cluster: get(cluster, may('clusters', 'get')),
  updateCluster: { method: 'PUT', path: cluster, permission: may('clusters', 'update'), body: body.ClusterBody },
  deleteCluster: { method: 'DELETE', path: cluster, permission: may('clusters', 'delete') },
  rotateAuth: { method: 'POST', path: `${cluster}/rotate-auth`, permission: may('clusters', 'update') },
  invalidateCache: { method: 'POST', path: `${cluster}/invalidate-cache`, permission: may('clusters', 'update') },
  enrolment: {
    method: 'POST',
    path: `${cluster}/enrolment`,
    permission: may('clusters', 'create'),
    body: body.Enrolment,
  },
  revoke: { method: 'POST', path: `${cluster}/revoke`, permission: may('clusters', 'update') },

  repositories: get('/v1/repositories', each('repositories')),
  createRepository: {
    method: 'POST',
    path: '/v1/repositories',
    permission: may('repositories', 'create'),
    body: body.RepositoryBody,
  },
  repository: get(repository, may('repositories', 'get')),
  updateRepository: {
    method: 'PUT',
    path: repository,
    permission: may('repositories', 'update'),
    body: body.RepositoryBody,
  },
  deleteRepository: { method: 'DELETE', path: repository, permission: may('repositories', 'delete') },
  refs: get(`${repository}/refs`, may('repositories', 'get')),
  repositoryApps: get(`${repository}/apps`, may('repositories', 'get')),
  helmCharts: get(`${repository}/helmcharts`, may('repositories', 'get')),
  validateRepository: { method: 'POST', path: `${repository}/validate`, permission: may('repositories', 'create') },
  appDetails: {
    method: 'POST',
    path: `${repository}/appdetails`,
    permission: may('repositories', 'get'),
    body: body.AppDetails,
  },
  repoCreds: get('/v1/repocreds', each('repositories')),
  createRepoCreds: {
    method: 'POST',
    path: '/v1/repocreds',
    permission: may('repositories', 'create'),
    body: body.RepoCredsBody,
  },
  updateRepoCreds: {
    method: 'PUT',
    path: '/v1/repocreds/:url',
    permission: may('repositories', 'update'),
    body: body.RepoCredsBody,
  },
  deleteRepoCreds: { method: 'DELETE', path: '/v1/repocreds/:url', permission: may('repositories', 'delete') },
  writeRepositories: get('/v1/write-repositories'),
  createWriteRepository: {
    method: 'POST',
    path: '/v1/write-repositories',
    permission: may('write-repositories', 'create'),
    body: body.RepositoryBody,
  },
  writeRepository: get(writeRepository, may('write-repositories', 'get')),
  updateWriteRepository: {
    method: 'PUT',
    path: writeRepository,
    permission: may('write-repositories', 'update'),
    body: body.RepositoryBody,
  },
  deleteWriteRepository: { method: 'DELETE', path: writeRepository, permission: may('write-repositories', 'delete') },
  validateWriteRepository: {
    method: 'POST',
    path: `${writeRepository}/validate`,
    permission: may('write-repositories', 'create'),
  },
  writeRepoCreds: get('/v1/write-repocreds', each('write-repositories')),
  createWriteRepoCreds: {
    method: 'POST',
    path: '/v1/write-repocreds',
    permission: may('write-repositories', 'create'),
    body: body.RepoCredsBody,
  },
  updateWriteRepoCreds: {
    method: 'PUT',
    path: '/v1/write-repocreds/:url',
    permission: may('write-repositories', 'update'),
    body: body.RepoCredsBody,
  },
  deleteWriteRepoCreds: {
    method: 'DELETE',
    path: '/v1/write-repocreds/:url',
    permission: may('write-repositories', 'delete'),
  },
  certificates: get('/v1/certificates', may('certificates', 'get')),
  createCertificates: {
    method: 'POST',
    path: '/v1/certificates',
    permission: may('certificates', 'create'),
    body: body.Certificates,
  },
  deleteCertificates: { method: 'DELETE', path: '/v1/certificates', permission: may('certificates', 'delete') },
  gpgKeys: get('/v1/gpgkeys', may('gpgkeys', 'get')),
  gpgKey: get('/v1/gpgkeys/:keyID', may('gpgkeys', 'get')),
  createGpgKey: { method: 'POST', path: '/v1/gpgkeys', permission: may('gpgkeys', 'create'), body: body.GpgKey },
  deleteGpgKey: { method: 'DELETE', path: '/v1/gpgkeys', permission: may('gpgkeys', 'delete') },
  notificationServices: get('/v1/notifications/services'),
  notificationTriggers: get('/v1/notifications/triggers'),
  notificationTemplates: get('/v1/notifications/templates'),
} satisfies Record<string, RouteDeclaration>

export type RouteName = keyof typeof routes
