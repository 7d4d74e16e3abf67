using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Machine;

/// <summary>Writes stores through shared mappings of files to the host every five seconds, and at the end of a run.</summary>
/// <remarks>
/// write(2) and its like have reached the host already (<see cref="GuestFile.IsWrittenThrough"/>). Where code is counted, the five seconds
/// are the guest's, so that a run can be repeated. Linux: dirty_writeback_interval.
/// </remarks>
internal sealed class WritebackTimer(PagingEngine engine, GuestClock clock, GuestPace pace)
{
    private const long IntervalNanoseconds = 5 * TimeWords.Second;    // vm.dirty_writeback_centisecs

    private long? _due;    // null if no page is dirty

    /// <summary>Writes if the time has come. Called between the slices of tasks.</summary>
    public void WriteIfDue()
    {
        if (engine.Files.DirtyPages.Value == 0)
        {
            _due = null;
            return;
        }

        _due ??= Now + IntervalNanoseconds;    // from the first dirty page on
        if (Now >= _due) WriteNow();
    }

    /// <summary>Writes all dirty pages.</summary>
    public void WriteNow()
    {
        engine.Files.WriteBack();
        _due = null;
    }

    private long Now => pace == GuestPace.Code ? clock.Now : Environment.TickCount64 * 1_000_000;
}
