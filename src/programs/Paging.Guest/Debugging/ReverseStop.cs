using System.Globalization;

namespace Paging.Guest.Debugging;

/// <summary>The stop with which a command of gdb's has ended in the program's past.</summary>
/// <param name="Signal">The signal that is reported.</param>
/// <param name="Reason">The rest of the stop packet.</param>
internal readonly record struct ReverseStop(int Signal, string Reason = "")
{
    private const int Trap = 5, Interrupt = 2;    // GDB's own numbers (include/gdb/signals.def)

    /// <summary>An instruction, a breakpoint.</summary>
    public static ReverseStop Plain => new(Trap);

    /// <summary>An interrupt by gdb.</summary>
    public static ReverseStop Interrupted => new(Interrupt);

    /// <summary>There is no more history in that direction.</summary>
    public static ReverseStop Beginning => new(Trap, "replaylog:begin;");

    /// <summary>The program is about to end.</summary>
    public static ReverseStop End => new(Trap, "replaylog:end;");

    /// <summary>A watchpoint.</summary>
    public static ReverseStop At(in WatchedRange watch) =>
        new(Trap, string.Create(CultureInfo.InvariantCulture, $"{watch.Reason}:{watch.Start.Value:x};"));
}
