using Paging.Windows.Spaces;

namespace Paging.Windows;

/// <summary>The working set of a process: the pages that the process can use without a fault, their limits, ages and faults.</summary>
/// <remarks>Linux: the resident set; there are no limits and no ages of a single process.</remarks>
public sealed class WorkingSet
{
    private const uint MinimumLeast = 20, MaximumLeast = 13;    // SetProcessWorkingSetSize: 20 and 13 pages

    private readonly WindowsProcess _process;
    private readonly WindowsParts _parts;

    internal WorkingSet(WindowsProcess process, WindowsParts parts) => (_process, _parts) = (process, parts);

    /// <summary>The number of pages in the working set now.</summary>
    public long PageCount => _process.Enter().Space.Statistics.Resident;

    /// <summary>The limits of the working set.</summary>
    public WorkingSetLimits Limits => _process.Enter().Limits;

    /// <summary>The faults that found their page on the standby or modified list, and so needed no I/O.</summary>
    public long TransitionFaults => _process.Enter().TransitionFaults;

    /// <summary>SetProcessWorkingSetSize, in pages.</summary>
    /// <param name="minimum">At least 20; a lower value means 20. <see cref="uint.MaxValue"/> for both empties the set.</param>
    /// <param name="maximum">At least 13; a lower value means 13.</param>
    /// <returns>ERROR_INVALID_PARAMETER: 0, the minimum above the maximum, or only one of them is <see cref="uint.MaxValue"/>.</returns>
    public Win32Error SetSize(uint minimum, uint maximum)
    {
        WindowsSpace space = _process.Enter();
        if (minimum == uint.MaxValue && maximum == uint.MaxValue) return Empty();
        if (minimum == 0 || maximum == 0 || minimum == uint.MaxValue || maximum == uint.MaxValue) return Win32Error.InvalidParameter;
        (minimum, maximum) = (Math.Max(minimum, MinimumLeast), Math.Max(maximum, MaximumLeast));
        if (minimum > maximum) return Win32Error.InvalidParameter;
        space.Limits = space.Limits with { Minimum = minimum, Maximum = maximum };
        return Win32Error.Success;
    }

    /// <summary>SetProcessInformation with ProcessMemoryPriority: sets the standby list that its pages go to from now on.</summary>
    /// <param name="priority">0, the first to be taken, to 7.</param>
    /// <returns>ERROR_INVALID_PARAMETER.</returns>
    public Win32Error SetPagePriority(int priority)
    {
        WindowsSpace space = _process.Enter();
        if ((uint)priority >= Pfn.PfnDatabase.PriorityCount) return Win32Error.InvalidParameter;    // also a negative one
        space.Limits = space.Limits with { PagePriority = priority };
        return Win32Error.Success;
    }

    /// <summary>EmptyWorkingSet: takes out every page that is not locked.</summary>
    public Win32Error Empty()
    {
        _parts.WorkingSets.Trim(_process.Enter(), 0, youngest: 0);    // also pages that were just used
        return _process.Leave(NtStatus.Success).ToWin32Error();
    }
}
