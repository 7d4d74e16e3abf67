namespace Paging.Core.Spaces;

/// <summary>The tree that made a page or node, and the time. It may change both until its next <see cref="ShadowTree.Freeze"/>.</summary>
/// <param name="Tree">The tree; null: belongs to no tree, and never changes.</param>
/// <param name="Generation">The number of times that the tree had been frozen.</param>
internal readonly record struct ShadowOwner(ShadowTree? Tree, long Generation);
