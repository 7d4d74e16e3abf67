namespace Paging.Fuzz;

/// <summary>An operation with an independent check of what it does.</summary>
/// <param name="Name">Its name in the table of refusals.</param>
/// <param name="Run">
/// Makes it, and checks bytes and counts. Leaves nothing behind but changes of the world's model. <see cref="CrossingRefusal"/> if the
/// engine refuses it; any other exception is a fault.
/// </param>
/// <param name="Covers">As of <see cref="CrossingContext"/>.</param>
internal sealed record CrossingOperation(string Name, Action<CrossingWorld> Run, params string[] Covers);
