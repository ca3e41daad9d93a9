import { describe, expect, it } from 'vitest';
import { composeCommands } from '../../src/runtimes/docker-compose/commands.ts';
import { parseContainers, parseImages } from '../../src/runtimes/docker-compose/containers.ts';

const container = (labels: Record<string, string>, more: object = {}) => ({
  Id: 'c1',
  Image: 'sha256:abc',
  Config: { Image: 'freetask:1.5.0', Labels: labels, Env: ['PATH=/bin', 'APP_RELEASE=freetask@1.5.0'] },
  State: { Running: true, ExitCode: 0 },
  ...more,
});

describe('docker inspect', () => {
  it('gives the service, the release that was asked for, and the image that runs', () => {
    expect(parseContainers(JSON.stringify([container({ 'com.docker.compose.service': 'api-blue' })]))).toEqual([
      {
        id: 'c1',
        service: 'api-blue',
        running: true,
        exitCode: 0,
        release: 'freetask@1.5.0',
        image: { id: 'sha256:abc', name: 'freetask:1.5.0' },
      },
    ]);
  });

  it('containers of `compose run` are no instances', () => {
    expect(parseContainers(JSON.stringify([container({ 'com.docker.compose.oneoff': 'True' })]))).toEqual([]);
  });

  it('text of another shape is an error, and not an empty place', () => {
    expect(() => parseContainers('[{"Id":"c1"}]')).toThrow('State');
    expect(() => parseContainers(JSON.stringify([container({}, { State: { Running: 'yes' } })]))).toThrow('Running');
  });

  it('gives the digests and the version that are built into an image', () => {
    const labels = { 'org.opencontainers.image.version': '1.4.0' };
    const images = parseImages(
      JSON.stringify([
        { Id: 'sha256:abc', RepoDigests: ['freetask@sha256:def'], Config: { Labels: labels } },
        { Id: 'sha256:bare', RepoDigests: null, Config: { Labels: null } },
      ]),
    );
    expect([...images.values()]).toEqual([
      { id: 'sha256:abc', digests: ['freetask@sha256:def'], version: '1.4.0' },
      { id: 'sha256:bare', digests: [] },
    ]);
  });
});

it('a project is found by the name that Compose makes of it', () => {
  const commands = composeCommands({
    compose: ['docker-compose'],
    docker: ['docker', '-H', 'unix:///x.sock'],
    file: '/srv/compose.yaml',
    project: 'Free.Task',
    places: [],
  });
  expect(commands.list().at(-1)).toBe('label=com.docker.compose.project=freetask');
  expect(commands.up('api').join(' ')).toBe(
    'docker-compose --project-name freetask --file /srv/compose.yaml up --detach --no-deps --force-recreate api',
  );
  expect(commands.stop('c1', 30)).toEqual(['docker', '-H', 'unix:///x.sock', 'stop', '--time', '30', 'c1']);
});
