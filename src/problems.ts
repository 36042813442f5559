/**
 * Every error the API can answer, one row each (RFC 9457). A row's name is the last part of its `type` URI; `detail`
 * belongs to the case and is written where the case is known, in both languages.
 */
export interface Bilingual {
  readonly zh: string;
  readonly en: string;
}

/** What is said in parts, as a sentence. */
export const sentence = ({ zh, en }: Bilingual): Bilingual => ({
  zh: `${zh}。`,
  en: `${en.charAt(0).toUpperCase()}${en.slice(1)}.`,
});

const PROBLEMS = {
  'malformed-json': { status: 400, title: { zh: '请求正文不是有效的 JSON', en: 'The body is not valid JSON' } },
  'malformed-bulk': { status: 400, title: { zh: '批量文件无法读取', en: 'The file of acts cannot be read' } },
  'invalid-input': { status: 400, title: { zh: '输入不符合格式', en: 'The input does not fit its schema' } },
  'idempotency-key-missing': {
    status: 400,
    title: { zh: '缺少 Idempotency-Key', en: 'The Idempotency-Key header is missing' },
  },
  'key-missing': { status: 401, title: { zh: '需要 API 密钥', en: 'An API key is needed' } },
  'key-invalid': {
    status: 401,
    title: { zh: 'API 密钥无效、已过期或已吊销', en: 'The API key is unknown, expired or revoked' },
  },
  'not-your-act': { status: 403, title: { zh: '您无权执行此操作', en: 'This act is not yours to do' } },
  'not-found': { status: 404, title: { zh: '未找到', en: 'Not found' } },
  'no-such-route': { status: 404, title: { zh: '没有此路径', en: 'There is no such path' } },
  'method-not-allowed': { status: 405, title: { zh: '此路径不支持该方法', en: 'This path does not know that method' } },
  'request-timeout': { status: 408, title: { zh: '请求接收超时', en: 'The request did not arrive in time' } },
  'wrong-status': { status: 409, title: { zh: '当前状态不允许此操作', en: 'The status does not allow this act' } },
  'already-exists': { status: 409, title: { zh: '已存在', en: 'It exists already' } },
  'version-mismatch': {
    status: 412,
    title: { zh: '记录已被他人修改', en: 'The record has changed since you read it' },
  },
  'body-too-large': { status: 413, title: { zh: '请求正文过大', en: 'The body is too large' } },
  'media-type-unsupported': { status: 415, title: { zh: '不支持的内容类型', en: 'This media type is not supported' } },
  'idempotency-key-reused': {
    status: 422,
    title: { zh: 'Idempotency-Key 已用于其他内容', en: 'The Idempotency-Key was used for another input' },
  },
  'against-rule': { status: 422, title: { zh: '不符合规则', en: 'A rule does not allow it' } },
  'occurred-in-future': {
    status: 422,
    title: { zh: '发生时间晚于当前时间', en: 'It is said to have happened in the future' },
  },
  'number-exhausted': { status: 422, title: { zh: '本年度编号已用尽', en: "This year's numbers are used up" } },
  'version-required': { status: 428, title: { zh: '缺少 If-Match', en: 'The If-Match header is missing' } },
  'too-many-requests': { status: 429, title: { zh: '请求过于频繁', en: 'Too many requests' } },
  'internal-error': { status: 500, title: { zh: '服务内部错误', en: 'An internal error' } },
  'rests-on-refused': {
    status: 424,
    title: { zh: '所依据的行未成功', en: 'A line it rests on did not succeed' },
  },
  'temporarily-unavailable': { status: 503, title: { zh: '服务暂时不可用', en: 'Temporarily unavailable' } },
} as const satisfies Record<string, { status: number; title: Bilingual }>;

export type ProblemType = keyof typeof PROBLEMS;
export const PROBLEM_TYPES = Object.keys(PROBLEMS) as ProblemType[];

/** What a sentence calls each kind of subject, by the name it has in events. */
export const SUBJECT_NAMES: Readonly<Record<string, Bilingual>> = {
  anomaly: { zh: '异常', en: 'anomaly' },
  api_key: { zh: '密钥', en: 'API key' },
  batch: { zh: '批次', en: 'batch' },
  bulk: { zh: '批量文件', en: 'bulk' },
  container_weighing: { zh: '容器称重', en: 'container weighing' },
  collection: { zh: '集中收集', en: 'collection' },
  container: { zh: '容器', en: 'container' },
  delegation: { zh: '委托', en: 'delegation' },
  designation: { zh: '名录记录', en: 'designation' },
  device: { zh: '设备', en: 'device' },
  fence: { zh: '电子围栏', en: 'geofence' },
  gate_pass: { zh: '门岗过车记录', en: 'gate pass' },
  manifest: { zh: '联单', en: 'manifest' },
  official_import: { zh: '官方导出文件的导入', en: 'official import' },
  official_party: { zh: '官方系统中的单位', en: 'official party' },
  official_record: { zh: '官方记录', en: 'official record' },
  observed_trip: { zh: '自动联单', en: 'observed trip' },
  monthly_manifest: { zh: '按月联单', en: 'monthly manifest' },
  party: { zh: '单位', en: 'party' },
  permit: { zh: '许可', en: 'permit' },
  person: { zh: '人员', en: 'person' },
  policy: { zh: '政策', en: 'policy' },
  received_manifest: { zh: '下级上报的联单', en: 'received manifest' },
  project: { zh: '工程', en: 'project' },
  region: { zh: '行政区划', en: 'region' },
  report: { zh: '申报', en: 'report' },
  rule: { zh: '规则', en: 'rule' },
  site: { zh: '场所', en: 'site' },
  storage_move: { zh: '出入库记录', en: 'storage move' },
  store: { zh: '贮存设施', en: 'store' },
  tenancy: { zh: '集中暂存登记', en: 'tenancy' },
  treatment: { zh: '利用处置记录', en: 'treatment' },
  trip: { zh: '车次', en: 'trip' },
  unmatched_report: { zh: '不符状态的报告', en: 'unmatched report' },
  vehicle: { zh: '车辆', en: 'vehicle' },
  waybill: { zh: '危货运单', en: 'waybill' },
  weigh_ticket: { zh: '过磅单', en: 'weigh ticket' },
};

/** One thing wrong at one place of the body, header or query. */
export interface FieldError {
  /** JSON Pointer into the body (RFC 6901), or `header:name`, `query:name`, `path:name`. */
  readonly pointer: string;
  readonly detail: string | Bilingual;
}

/** Extension members a problem may carry. */
export interface ProblemExtensions {
  errors?: FieldError[];
  /** The article the refusal rests on. */
  basis?: string;
  /** Statuses from which the act would be allowed. */
  allowedFrom?: readonly string[];
  /** Where a physical report that does not fit the state was kept. */
  unmatchedReport?: string;
  /** Seconds to wait before trying again. */
  retryAfterSeconds?: number;
}

/** Why an act was refused: data, so that a pure decider can return it. */
export interface Refusal extends ProblemExtensions {
  readonly problem: ProblemType;
  readonly detail: Bilingual;
}

/** A rule that is not kept, at the field that breaks it. */
export const against = (pointer: string, zh: string, en: string, basis?: string): Refusal => ({
  problem: 'against-rule',
  detail: { zh, en },
  errors: [{ pointer, detail: { zh, en } }],
  ...(basis ? { basis } : {}),
});

export class Problem extends Error {
  readonly refusal: Refusal;
  constructor(problem: ProblemType, detail: Bilingual, extensions: ProblemExtensions = {}) {
    super(`${problem}: ${detail.en}`);
    this.refusal = { problem, detail, ...extensions };
  }
  static of(refusal: Refusal): Problem {
    const { problem, detail, ...extensions } = refusal;
    return new Problem(problem, detail, extensions);
  }
}

export const statusOf = (problem: ProblemType): number => PROBLEMS[problem].status;

/** The body of an `application/problem+json` answer. */
export function problemBody(refusal: Refusal, language: keyof Bilingual, instance: string): Record<string, unknown> {
  const { problem, detail, errors, ...extensions } = refusal;
  const row = PROBLEMS[problem];
  return {
    type: `/problems/${problem}`,
    status: row.status,
    title: row.title[language],
    detail: detail[language],
    instance,
    ...(errors ? { errors: errors.map((error) => ({ ...error, detail: inLanguage(error.detail, language) })) } : {}),
    ...extensions,
  };
}

export const inLanguage = (detail: string | Bilingual, language: keyof Bilingual): string =>
  typeof detail === 'string' ? detail : detail[language];
