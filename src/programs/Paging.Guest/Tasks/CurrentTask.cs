namespace Paging.Guest.Tasks;

/// <summary>The task whose call is being made. Linux: current.</summary>
internal sealed class CurrentTask
{
    /// <summary>The task; null before the first call.</summary>
    public GuestTask? Task { get; set; }
}
