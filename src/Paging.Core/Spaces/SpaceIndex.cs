namespace Paging.Core.Spaces;

/// <summary>The number of an address space within its engine; 0 means none.</summary>
internal readonly record struct SpaceIndex(uint Value);
