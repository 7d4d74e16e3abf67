namespace Paging.Guest.Tasks;

/// <summary>Whose call is being made. Linux: current.</summary>
internal sealed class CurrentTask
{
    /// <summary>None before the first call.</summary>
    public GuestTask? Task { get; set; }
}
