using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Paging.Guest.Ipc;

/// <summary>The POSIX message queues that have a name: they stay until they are unlinked, whether somebody has them open or not.</summary>
/// <remarks>Linux: the mqueue file system of an IPC namespace (ipc/mqueue.c).</remarks>
internal sealed class PosixQueueNames : IReadOnlyCollection<PosixQueue>
{
    private readonly SortedDictionary<string, PosixQueue> _queues = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public int Count => _queues.Count;

    public bool TryFind(string name, [NotNullWhen(true)] out PosixQueue? queue) => _queues.TryGetValue(name, out queue);

    public void Add(PosixQueue queue) => _queues.Add(queue.Name, queue);

    public void Remove(PosixQueue queue) => _queues.Remove(queue.Name);

    /// <inheritdoc/>
    public IEnumerator<PosixQueue> GetEnumerator() => _queues.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
