import { z } from 'zod';
import type { PolicyBook } from '../catalogue/reference.ts';
import { containerChanged, containerKind } from '../custody/containers.ts';
import { type Act, refused } from '../platform/acts.ts';
import { ENTRY_MODES } from '../platform/events.ts';
import { Instant } from '../platform/values.ts';
import { closedWarnings, mayHandle } from './nesting.ts';

/** 封闭容器 (MW 16): a bag is tied, a sharps box sealed. A storage clock runs from then; what was closed is not opened again. */
export const Closing = z.strictObject({ occurredAt: Instant, entryMode: z.enum(ENTRY_MODES).default('live') });
export type ClosingInput = z.output<typeof Closing> & { readonly id: string };

/** The first closing counts; another is kept and remarked on. @refuses not-found, not-your-act. */
export const closeContainer: Act<ClosingInput, PolicyBook> = {
  name: 'close_container',
  kind: 'physical',
  needs: ({ id }) => ({ lock: [{ kind: containerKind.name, id }] }),
  decide(input, states, facts) {
    const container = states.get(containerKind, input.id);
    const refusal = mayHandle(container, input.id, facts);
    if (refusal || !container) return refused(refusal!);
    const occurredAt = new Date(input.occurredAt);
    const draft = { occurredAt, region: container.region, entryMode: input.entryMode };
    return {
      events: [containerChanged(container.id, 'container_closed', {}, draft)],
      answer: { id: container.id, closedAt: (container.closedAt ?? occurredAt).toISOString() },
      warnings: closedWarnings(container, '/occurredAt'),
    };
  },
};
