import './http/problems.cases.ts';
import './http/field-messages.cases.ts';
import './http/idempotency.cases.ts';
import './http/authorisation.cases.ts';
import './http/attacks.cases.ts';
import './http/documentation.cases.ts';
import './http/examples.cases.ts';
import './http/limits.cases.ts';
