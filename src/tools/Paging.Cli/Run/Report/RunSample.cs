namespace Paging.Cli.Run.Report;

/// <summary>The figures of a program at one moment.</summary>
/// <param name="Time">Nanoseconds of the guest's time since the start.</param>
/// <param name="Resident">Pages in RAM.</param>
/// <param name="Referenced">The pages that were accessed since the sample before: the working set of that interval.</param>
/// <param name="Faults">Page faults so far.</param>
internal readonly record struct RunSample(long Time, long Resident, AccessedPageSet Referenced, Core.FaultCounters Faults);
