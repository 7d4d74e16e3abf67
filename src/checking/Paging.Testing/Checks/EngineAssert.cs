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

    /// <summary>
    /// Checks that after the last process has ended nothing is held: no anonymous frame, page table, area, root, open file, committed page,
    /// file or cached page. Snapshots and pins count as held.
    /// </summary>
    /// <param name="engine">The engine.</param>
    /// <param name="countsFiles">False if files may be left. A file that the host has not disposed keeps its cached pages.</param>
    /// <exception cref="CheckFailedException">Something is still held; the message names it, with its count.</exception>
    public static void NothingIsLeft(PagingEngine engine, bool countsFiles = true)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ThrowIfBroken(engine.Audit());
        ThrowIfBroken(engine.FindLeaks(countsFiles));
    }

    private static void ThrowIfBroken(AuditReport report)
    {
        if (!report.IsClean) throw new CheckFailedException(string.Join('\n', report.Findings));
    }
}
