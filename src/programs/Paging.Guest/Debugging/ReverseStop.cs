using System.Globalization;

namespace Paging.Guest.Debugging;

/// <summary>How an order of gdb's has ended in the program's past.</summary>
/// <param name="Signal">The signal that is reported.</param>
/// <param name="Reason">What else the stop packet says.</param>
internal readonly record struct ReverseStop(int Signal, string Reason = "")
{
    private const int Trap = 5, Interrupt = 2;

    /// <summary>An instruction, a breakpoint.</summary>
    public static ReverseStop Plain => new(Trap);

    /// <summary>gdb has asked for it.</summary>
    public static ReverseStop Interrupted => new(Interrupt);

    /// <summary>There is no more history in that direction.</summary>
    public static ReverseStop Beginning => new(Trap, "replaylog:begin;");

    /// <summary>The program is about to end.</summary>
    public static ReverseStop End => new(Trap, "replaylog:end;");

    /// <summary>A watchpoint.</summary>
    public static ReverseStop At(in WatchedRange watch) =>
        new(Trap, string.Create(CultureInfo.InvariantCulture, $"{watch.Reason}:{watch.Start.Value:x};"));
}
