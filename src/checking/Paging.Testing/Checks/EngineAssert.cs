using Paging.Core;
using Paging.Native;
using Paging.Testing.Generating;

namespace Paging.Testing.Checks;

/// <summary>The engine's audits as assertions.</summary>
public static class EngineAssert
{
    /// <summary>Recounts every invariant of docs/INVARIANTS.md from the raw state.</summary>
    /// <exception cref="CheckFailedException">A rule does not hold; the message names each.</exception>
    public static void IsSound(PagingEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ThrowIfBroken(engine.Audit());
    }

    /// <summary>Checks that after the last process has ended nothing is held: no frame, area, root, open file or committed page.</summary>
    /// <exception cref="CheckFailedException">Something is still held; the message names it, with its count.</exception>
    public static void NothingIsLeft(PagingEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ThrowIfBroken(engine.Audit());
        ThrowIfBroken(engine.FindLeaks());
    }

    private static void ThrowIfBroken(AuditReport report)
    {
        if (!report.IsClean) throw new CheckFailedException(string.Join('\n', report.Findings));
    }
}
