namespace Paging.Fuzz;

/// <summary>An operation has not done what it should.</summary>
internal sealed class CrossingFault(string what) : Exception(what);
