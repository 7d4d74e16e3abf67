using Paging.Pictures.Snapshots;

namespace Paging.Tour;

/// <summary>The machine as a step has left it, and as it was before.</summary>
/// <param name="Now">After the step.</param>
/// <param name="Before">Before it; null at the first step, where nothing counts as changed.</param>
public sealed record StoryLook(MachineView Now, MachineView? Before);
