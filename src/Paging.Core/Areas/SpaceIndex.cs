namespace Paging.Core.Areas;

/// <summary>The number of an address space within its engine; 0 is none.</summary>
internal readonly record struct SpaceIndex(uint Value);
