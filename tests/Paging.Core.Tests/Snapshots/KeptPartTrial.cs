using Paging.Core.Reclaim;

namespace Paging.Core.Tests;

/// <summary>A part of a machine that a test has made, how to change it, and how to see it.</summary>
internal sealed class KeptPartTrial : IDisposable
{
    /// <summary>Changes the part, so that <see cref="Probe"/> shows something else.</summary>
    public Action Change { get; init; } = static () => { };

    /// <summary>Shows the part of an engine and its processes, or of those that were made.</summary>
    public Func<PagingEngine, IReadOnlyList<UserProcess>, string> Probe { get; init; } = static (_, _) => "";

    /// <summary>What <see cref="Probe"/> shows of processes without the part.</summary>
    public string None { get; init; } = "";

    /// <summary>A part of the message where the part is refused.</summary>
    public string Refusal { get; init; } = "";

    /// <summary>The name that a loader is asked for.</summary>
    public string Name { get; init; } = "";

    /// <summary>Supplies what was asked for.</summary>
    public Func<World, GuestFile?> Find { get; init; } = static _ => null;

    /// <summary>Supplies the group that was asked for.</summary>
    public Func<World, MemoryGroup?> FindGroup { get; init; } = static _ => null;

    /// <summary>Takes away what an audit at the end must not find.</summary>
    public Action Undo { get; init; } = static () => { };

    /// <summary>True for a part that a process which is saved alone does not have.</summary>
    public bool IsOfEngine { get; init; }

    /// <summary>True for a part that refuses one process in another way than an engine.</summary>
    public bool IsOfOne { get; init; }

    /// <summary>The host's object, which the test disposes.</summary>
    public IDisposable? Held { get; init; }

    public void Dispose() => Held?.Dispose();
}
