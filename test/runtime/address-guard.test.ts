import { createAddressGuard } from '../../runtime/address-guard';
import { DomainError } from '../../domain/errors';
import { createHttpClient } from '../../runtime/http-client';
import { BLOCKED_HOSTS, PUBLIC_HOSTS } from '../support/outbound-urls';

const closed = createAddressGuard([]);

describe('address guard', () => {
  test.each([
    '1.1.1.1',
    '8.8.8.8',
    '93.184.216.34',
    '2606:4700:4700::1111',
    '2a00:1450:4001:82a::200e',
    '::ffff:8.8.8.8',
  ])('%s is public', (address) => {
    expect(closed.verdict(address)).toBe('public');
  });

  test.each(['', 'localhost', '127.1', '2130706433', '0x7f.1', '0177.0.0.1', '1.1.1.1.1', '::g'])(
    'text %p that is no plain address is blocked',
    (text) => {
      expect(closed.verdict(text)).toBe('blocked');
    },
  );

  it('opens an allowed range and nothing beside it', () => {
    const guard = createAddressGuard(['127.0.0.0/8', 'fd12::/16']);

    expect(guard.verdict('127.0.0.1')).toBe('allowed');
    expect(guard.verdict('::ffff:127.0.0.1')).toBe('allowed');
    expect(guard.verdict('fd12::1')).toBe('allowed');
    expect(guard.verdict('::1')).toBe('blocked');
    expect(guard.verdict('10.0.0.1')).toBe('blocked');
    expect(guard.verdict('fd13::1')).toBe('blocked');
    expect(guard.verdict('1.1.1.1')).toBe('public');
  });

  test.each([
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    'fd00:ec2::254',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    '2001:0:0:0:0:0:5601:5601',
    '::a9fe:a9fe',
    '::ffff:0:a9fe:a9fe',
  ])('no range opens the metadata address %s', (address) => {
    expect(createAddressGuard(['0.0.0.0/0', '::/0']).verdict(address)).toBe('blocked');
  });

  test.each(['10.0.0.0', '10.0.0.0/33', 'inner', ''])('refuses the range %p', (range) => {
    expect(() => createAddressGuard([range])).toThrow('not an address range');
  });
});

describe('check of a URL at configuration', () => {
  const http = createHttpClient({ allow: [] });
  const open = createHttpClient({ allow: ['127.0.0.0/8'] });

  test.each(BLOCKED_HOSTS)('refuses https://%s/', (host) => {
    expect(() => http.checkUrl(`https://${host}/`)).toThrow(DomainError);
  });

  test.each(PUBLIC_HOSTS)('passes https://%s/', (host) => {
    expect(() => http.checkUrl(`https://${host}/path?query=1`)).not.toThrow();
  });

  test.each([
    ['http://example.com/', 'https only'],
    ['https://example.com:22/', 'ports'],
    ['https://user:secret@example.com/', 'user name'],
    ['ftp://example.com/', 'only http'],
    ['file:///etc/passwd', 'only http'],
    ['gopher://example.com/', 'only http'],
    ['/relative', 'not a URL'],
    ['https://', 'not a URL'],
    [`https://example.com/${'a'.repeat(2_048)}`, 'longer'],
  ])('refuses %s', (url, words) => {
    expect(() => http.checkUrl(url)).toThrow(words);
  });

  it('takes any port and plain http inside an allowed range, and still no metadata', () => {
    expect(() => open.checkUrl('http://127.0.0.1:9999/')).not.toThrow();
    expect(() => open.checkUrl('http://localhost:9999/')).not.toThrow();
    expect(() => open.checkUrl('http://169.254.169.254/')).toThrow(DomainError);
    expect(() => open.checkUrl('https://10.0.0.1/')).toThrow(DomainError);
  });
});
