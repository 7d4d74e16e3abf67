using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Machine;

/// <summary>Writes what shared mappings have stored in files to the host every five seconds, and whenever a run ends.</summary>
/// <remarks>
/// write(2) and its like have reached the host already (<see cref="GuestFile.IsWrittenThrough"/>). Where time passes with the code that is
/// executed, the five seconds are the guest's, so that a run can be repeated. Linux: dirty_writeback_interval.
/// </remarks>
internal sealed class WritebackTimer(PagingEngine engine, GuestClock clock, GuestPace pace)
{
    private const long IntervalNanoseconds = 5 * TimeWords.Second;

    private long? _due;    // null: no page is dirty

    /// <summary>Writes if it is time. Called between the turns of tasks.</summary>
    public void Look()
    {
        if (engine.DirtyPages.Value == 0)
        {
            _due = null;
            return;
        }

        _due ??= Now + IntervalNanoseconds;
        if (Now >= _due) WriteNow();
    }

    /// <summary>Writes all of it.</summary>
    public void WriteNow()
    {
        engine.WriteBack();
        _due = null;
    }

    private long Now => pace == GuestPace.Code ? clock.Now : Environment.TickCount64 * 1_000_000;
}
