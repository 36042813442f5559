import t from 'tap';
import { readConfig } from '../../src/config.ts';
import '../../src/platform/schema-messages.ts';

t.test('each wrong variable has one line, in both languages', async (t) => {
  t.throws(() => readConfig({ PORT: 'abc', ROLE: 'x', JOURNAL_LANES: '0' }), {
    message: [
      '环境变量不合要求 The environment does not fit:',
      '  PORT: 须为数字 · must be a number',
      '  ROLE: 须为以下之一：api、worker、both · must be one of api, worker, both',
      '  JOURNAL_LANES: 至少 1 · at least 1',
    ].join('\n'),
  });
});
