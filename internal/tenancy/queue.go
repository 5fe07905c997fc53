// SPDX-License-Identifier: Apache-2.0

package tenancy

import "context"

// queueKey is the key under which a context has a queue.
type queueKey struct{}

// InQueue returns a context for Updates that would wait for one another anyway, since they
// lock the same thing first and no other. An engine may run those of one queue that wait in
// one transaction. That changes how long they take, and nothing else.
func InQueue(ctx context.Context, queue string) context.Context {
	return context.WithValue(ctx, queueKey{}, queue)
}

// QueueOf returns the queue of a context; "" if it has none.
func QueueOf(ctx context.Context) string {
	queue, _ := ctx.Value(queueKey{}).(string)
	return queue
}
