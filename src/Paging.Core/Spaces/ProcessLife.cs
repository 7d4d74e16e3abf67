namespace Paging.Core.Spaces;

/// <summary>The stages of a process's life. Linux: TASK_RUNNING to EXIT_DEAD, task->exit_state.</summary>
/// <remarks><code>
///              create, fork           exit              wait
///   Unused ───────────────► Live ───────────► Exited ──────────► Reaped ───┐
///     ▲                      ▲ ◄──────────────── │ ▲ ◄────────────  │      │
///     │                      └───────────────────┼─┴────────────────┘      │  a snapshot of the engine is restored: ◄──
///     └──────────────────────────────────────────┴─────────────────────────┘  no snapshot can bring it back
/// </code></remarks>
internal enum ProcessLife : byte
{
    /// <summary>The space waits for a process.</summary>
    Unused,

    /// <summary>A process runs.</summary>
    Live,

    /// <summary>A zombie: only its code and figures are left, and the tables if a snapshot of the engine can bring it back.</summary>
    Exited,

    /// <summary>The process is gone for its parent; a snapshot of the engine may still bring it back.</summary>
    Reaped,
}

/// <summary>The allowed transitions.</summary>
internal static class ProcessLives
{
    /// <summary>True if a stage may follow another, which may be the same: a restore finds a process as it left it.</summary>
    public static bool MayFollow(ProcessLife from, ProcessLife to) => from == to || from switch
    {
        ProcessLife.Unused => to is ProcessLife.Live,
        ProcessLife.Live => to is ProcessLife.Exited,
        ProcessLife.Exited => to is ProcessLife.Reaped or ProcessLife.Live,
        ProcessLife.Reaped => true,
        _ => false,
    };
}
