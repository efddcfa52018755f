import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { generate } from 'selfsigned'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import type { Application } from '@flotilla/shared/argo/application'
import { startGitServer, type GitServer } from '@flotilla/test-devenv/git-server'
import { createProgram } from '../../../hub/cli/program.ts'
import { flotilla as runFlotilla, rimOf, type Ran } from './command-line.ts'
import { password, restWorld, type RestWorld } from './rest-world.ts'

let world: RestWorld
let git: GitServer
let dir: string
let repo: string
let token: string

const flotilla = (args: readonly string[], env?: NodeJS.ProcessEnv, answers: string[] = []): Promise<Ran> =>
  runFlotilla({ hub: world.hub.url, dir, token, env, answers }, args)
const words = (line: string): Promise<Ran> => flotilla(line.split(' '))
const spec = async (name: string): Promise<Application['spec']> =>
  ((await world.hub.objects.get(refOf(resources.applications, controlNamespace, name))) as Application).spec

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flotilla-cli-'))
  git = await startGitServer({ root: join(dir, 'git') })
  repo = await git.create('apps', { 'app/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n' })
  world = await restWorld()
  token = await world.login('admin', password)
}, 30_000)

afterAll(async () => {
  await world.stop()
  await git.close()
  await rm(dir, { recursive: true, force: true })
})

describe('app', () => {
  it('writes what its flags say, and takes it back', async () => {
    const flags = [
      'app', 'create', 'web', '--repo', repo, '--path', 'app', '--dest-name', 'in-cluster', '--dest-namespace', 'x',
      '--validate=false', '--sync-policy', 'auto', '--self-heal=false', '--auto-prune', '--sync-retry-limit', '3',
      '--helm-set', 'a=1', '-p', 'b=2', '--helm-set-string', 'c=3', '--helm-set-file', 'd=e', '--values', 'v.yaml',
      '--helm-skip-tests', '--ignore-missing-value-files',
    ] // prettier-ignore
    expect(await flotilla(flags)).toEqual({ code: 0, out: "application 'web' created\n", err: '' })
    expect(await spec('web')).toMatchObject({
      syncPolicy: {
        automated: { prune: true, selfHeal: false },
        retry: { limit: 3, backoff: { duration: '5s', maxDuration: '3m0s', factor: 2 } },
      },
      source: {
        helm: {
          parameters: [
            { name: 'a', value: '1' },
            { name: 'b', value: '2' },
            { name: 'c', value: '3', forceString: true },
          ],
          fileParameters: [{ name: 'd', path: 'e' }],
          valueFiles: ['v.yaml'],
          skipTests: true,
          ignoreMissingValueFiles: true,
        },
      },
    })
    const back = 'app unset web -p a -p b -p c --values v.yaml --ignore-missing-value-files'
    // What is left is a chart that is none: it is refused, and nothing has changed.
    expect((await words(back)).code).toBe(20)
    expect((await words('app set web --validate=false --sync-policy none')).code).toBe(0)
    expect((await words('app unset web')).code).toBe(1)
  })

  it('says before what automation would do', async () => {
    const made = await flotilla([
      'app',
      'create',
      'later',
      '--repo',
      repo,
      '--path',
      'app',
      '--dest-name',
      'in-cluster',
      '--auto-prune',
    ])
    expect(made.err).toBe('')
    expect((await spec('later')).syncPolicy).toEqual({ automated: { enabled: false, prune: true } })
  })

  it('keeps kustomize apart, and images once each', async () => {
    await flotilla([
      'app',
      'create',
      'k',
      '--repo',
      repo,
      '--path',
      'app',
      '--dest-name',
      'in-cluster',
      '--validate=false',
    ])
    const set =
      'app set k --validate=false --kustomize-image a=b:1 --kustomize-image a=b:2 --kustomize-replica web=3 --nameprefix p-'
    expect((await words(set)).err).toBe('')
    expect((await spec('k')).source?.kustomize).toEqual({
      images: ['a=b:2'],
      replicas: [{ name: 'web', count: 3 }],
      namePrefix: 'p-',
    })
    expect((await words('app set k --kustomize-replica web=many')).err).toContain('expected integer value')
    expect((await words('app unset k --kustomize-image a --kustomize-replica web --nameprefix')).err).toBe('')
    expect((await spec('k')).source).not.toHaveProperty('kustomize')
  })

  it('edits in an editor, and leaves alone what was not changed', async () => {
    const editor = join(dir, 'editor.sh')
    await writeFile(editor, '#!/bin/sh\nsed -i "s/namespace: x/namespace: y/" "$1"\n', { mode: 0o755 })
    const { err } = await flotilla(['app', 'edit', 'k'], { EDITOR: 'true' })
    expect(err).toContain('no changes made')
    await words('app set k --dest-namespace x')
    expect((await flotilla(['app', 'edit', 'k'], { EDITOR: editor, PATH: process.env['PATH'] })).err).toBe('')
    expect((await spec('k')).destination?.namespace).toBe('y')
  })

  it('lists by path, and finds by label', async () => {
    expect((await words('app list -P app -o name')).out.split('\n')).toContain('argocd/k')
    expect((await words('app list -P none -o name')).out).toBe('')
    expect(await words('app wait -l a=b')).toMatchObject({ code: 0, err: '' })
    const none = { code: 1, err: 'fatal: No matching apps found for filter: selector a=b projects [x y]\n' }
    expect(await words('app sync -l a=b --project x --project y')).toMatchObject(none)
    const away = { code: 1, err: expect.stringContaining('fatal: stream read failed: rpc error: code = ') as string }
    expect(await words('app logs none')).toMatchObject(away)
    expect(await words('app logs web --tail x')).toMatchObject({ code: 1, out: '' })
    const noFile = await words('app set web --values-literal-file /nowhere')
    expect(noFile).toMatchObject({ code: 20, err: 'fatal: open /nowhere: no such file or directory\n' })
    expect((await words('app rollback web x')).err).toContain('strconv.Atoi: parsing "x": invalid syntax')
    expect((await words('app sync web -o nonsense')).err).toContain('unknown output format: nonsense')
    expect((await words('app list -o nonsense')).err).toContain('unknown output format: nonsense')
  })

  it('refuses a switch that is neither on nor off', async () => {
    const { code, err } = await words('app delete k --cascade=maybe')
    expect([code, err]).toEqual([1, expect.stringContaining('parsing "maybe": invalid syntax')])
  })
})

describe('proj', () => {
  it('adds and takes away', async () => {
    const quiet = async (line: string): Promise<void> => expect(await words(line)).toMatchObject({ code: 0, err: '' })
    await quiet('proj create team --description demo -d https://one,apps -s https://git/x')
    await quiet('proj add-destination team c1 web --name')
    await quiet('proj add-source-namespace team apps')
    await quiet('proj add-signature-key team 0123456789ABCDEF')
    await quiet('proj add-orphaned-ignore team apps Deployment --name old-*')
    await quiet('proj role create team ci')
    await quiet('proj role add-group team ci deployers')
    await quiet('proj role add-policy team ci -a sync -o *')
    const made = await words('proj role create-token team ci --expires-in 7d --id one')
    expect(made.out).toMatch(
      /^Create token succeeded for proj:team:ci\.\n {2}ID: one\n {2}Issued At: .*Z\n {2}Expires At: .*Z\n {2}Token: \S+\.\S+\.\S+\n$/,
    )
    expect((await words('proj role list-tokens team ci')).out).toMatch(/^ID +ISSUED AT +EXPIRES AT\none +2/)
    const role = (await words('proj role get team ci')).out
    expect(role).toContain('p, proj:team:ci, applications, sync, team/*, allow')
    expect(role).toContain('  - deployers')
    expect((await words('proj role list team -o name')).out).toBe('ci\n')
    await quiet('proj role remove-policy team ci -a sync -o *')
    expect((await words('proj role remove-group team ci nobody')).out).toBe("Group 'nobody' not present in role 'ci'\n")
    expect((await words('proj list')).out).toMatch(/^NAME +DESCRIPTION .*DESTINATION-SERVICE-ACCOUNTS\n/)
    expect((await words('proj list')).out).toMatch(/team +demo +2 destinations +https:\/\/git\/x/)
    const window = [
      'proj',
      'windows',
      'add',
      'team',
      '-k',
      'deny',
      '--schedule',
      '0 22 * * *',
      '--duration',
      '8h',
      '--applications',
      '*',
    ]
    expect(await flotilla(window)).toMatchObject({ code: 0 })
    await quiet('proj windows enable-manual-sync team 0')
    await quiet('proj windows update team 0 --duration 9h')
    expect((await words('proj windows list team')).out).toMatch(
      /0 +\w+ +deny +0 22 \* \* \* +9h .*Enabled +Disabled +UTC/,
    )
    expect((await words('proj windows delete team 7')).err).toContain("window with id '7' not found")
    await quiet('proj windows delete team 0')
    await quiet('proj set team --description changed')
    expect((await words('proj set team')).code).toBe(1)
    expect((await words('proj get team -o yaml')).out).toContain('description: changed')
  })

  it('allows and denies kinds on the list that is meant', async () => {
    expect((await words('proj allow-cluster-resource team g K n')).err).toBe(
      "Group 'g', kind 'K', and name 'n' is added to allowed cluster resources\n",
    )
    expect((await words('proj deny-cluster-resource team g K n')).err).toContain('is removed from allowed cluster')
    expect((await words('proj deny-namespace-resource team core Secret')).err).toContain(
      'is added to denied namespaced',
    )
    expect((await words('proj allow-namespace-resource team core Secret')).err).toContain('is removed from denied')
    expect((await words('proj allow-namespace-resource team core Secret')).err).toBe('')
  })
})

describe('settings', () => {
  it('keeps repositories and credentials', async () => {
    expect((await flotilla(['repo', 'add', repo])).out).toBe(`Repository '${repo}' added\n`)
    expect((await words('repo list')).out).toMatch(
      /^TYPE +NAME +REPO +INSECURE +OCI +LFS +CREDS +STATUS +MESSAGE +PROJECT\ngit/,
    )
    expect((await flotilla(['repo', 'get', repo, '-o', 'url'])).out).toBe(`${repo}\n`)
    expect((await words('repo list --refresh soft')).err).toContain('unknown refresh value: soft')
    expect((await words('repo add http://x/y --type helm')).err).toContain(
      "Must specify --name for repos of type 'helm'",
    )
    expect((await words('repo add http://x/y --ssh-private-key-path /none')).err).toContain('only supported for SSH')
    expect((await words('repocreds add https://git.example.com/ --username u --password p')).out).toBe(
      "Repository credentials for 'https://git.example.com/' added\n",
    )
    expect((await words('repocreds list')).out).toMatch(/^URL PATTERN +USERNAME +SSH_CREDS +TLS_CREDS\nhttps.* u /)
    expect((await words('repocreds rm https://git.example.com/')).out).toContain('removed')
    expect((await flotilla(['repo', 'rm', repo])).out).toBe(`Repository '${repo}' removed\n`)
  })

  it('keeps certificates and keys', async () => {
    const { cert } = await generate([{ name: 'commonName', value: 'git.example.com' }])
    await writeFile(join(dir, 'ca.pem'), cert)
    const tls = await flotilla(['cert', 'add-tls', 'git.example.com', '--from', join(dir, 'ca.pem')])
    expect(tls.out).toContain(
      'Created/updated TLS certificate entry for repository server git.example.com with 1 unique',
    )
    expect((await words('cert list --cert-type https')).out).toMatch(
      /git\.example\.com +https +rsa +CN=git\.example\.com/,
    )
    const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl'
    await writeFile(join(dir, 'hosts'), `# of a scan\na.example.com,b.example.com ssh-ed25519 ${key}\n`)
    expect((await flotilla(['cert', 'add-ssh', '--batch', '--from', join(dir, 'hosts')])).out).toContain(
      'Successfully created 2 SSH known host entries',
    )
    expect((await words('cert rm a.example.com --cert-type ssh')).out).toBe(
      "Removed cert for 'a.example.com' of type 'ssh' (subtype 'ssh-ed25519')\n",
    )
    expect((await words('cert rm *')).err).toContain('A single wildcard is not allowed')
    expect((await words('gpg list')).out).toBe('KEYID  TYPE  IDENTITY\n')
    expect((await words('gpg get nonsense')).err).toContain("'nonsense' is not a valid GnuPG key ID")
  })

  it('manages accounts, their tokens and passwords', async () => {
    const cm = refOf(resources.configMaps, controlNamespace, 'argocd-cm')
    await world.hub.objects.patch(cm, { data: { 'accounts.ci': 'apiKey, login' } }, { type: 'merge' })
    await vi.waitFor(async () => expect((await words('account list -o name')).out).toBe('admin\nci\n'), 20_000)
    const made = await words('account generate-token --account ci --id one --expires-in 12h')
    expect(made.out).toMatch(/^\S+\.\S+\.\S+\n$/)
    expect((await words('account get --account ci')).out).toMatch(/Tokens:\nID +ISSUED AT +EXPIRING AT\none +2/)
    expect((await words('account delete-token --account ci one')).err).toBe('')
    expect((await words('account get --account ci')).out).toContain('Tokens:\nNONE\n')
    const change = ['account', 'update-password', '--account', 'ci', '--current-password', password]
    expect((await flotilla(change, {}, ['new-password', 'other'])).err).toContain('Passwords do not match')
    expect((await flotilla(change, {}, ['new-password', 'new-password'])).out).toBe('Password updated\n')
    await world.login('ci', 'new-password')
    expect((await words('account can-i get clusters')).out).toBe('yes\n')
  })

  it('adds clusters, changes their labels, and cuts their agents off', async () => {
    const added = await words('cluster add prod --label env=prod')
    expect(added.out).toContain("Cluster 'prod' registered.")
    expect((await words('cluster set prod --label tier=1')).out).toBe("Cluster 'prod' updated.\n")
    expect((await words('cluster get prod -o wide')).out).toMatch(/Labels: +env=prod,tier=1/)
    expect((await words('cluster revoke prod')).out).toBe("Agent of cluster 'prod' revoked\n")
    expect((await words('cluster get prod -o json')).out).toContain('its agent was revoked')
    expect((await words('cluster rotate-auth prod')).code).toBe(20)
    expect((await words('cluster rm prod')).out).toBe("Cluster 'prod' removed\n")
  })
})

it('describes every command and every flag', () => {
  const program = createProgram(rimOf({ out: '', err: '' }), '0.0.0', () => Promise.resolve(''))
  const bare: string[] = []
  const visit = (command: Command, path: string): void => {
    if (command.description() === '' && path !== '') bare.push(path)
    for (const option of command.options) if (!option.description) bare.push(`${path} ${option.flags}`)
    for (const child of command.commands) visit(child, `${path} ${child.name()}`.trim())
  }
  visit(program, '')
  expect(bare).toEqual([])
})
