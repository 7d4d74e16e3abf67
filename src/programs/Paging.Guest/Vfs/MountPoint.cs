namespace Paging.Guest.Vfs;

//  /          the root's mount
//  ├ dev      a mount
//  │ └ shm    a mount in a mount
//  └ usr      no mount, but leads to one
//    └ x      a mount
/// <summary>A directory with a mount on it, or below it. Together they are a tree. Linux: struct mount.</summary>
internal sealed class MountPoint(MountPoint? parent, string name)
{
    private readonly SortedDictionary<string, MountPoint> _children = new(StringComparer.Ordinal);

    /// <summary>The parent; null for the root.</summary>
    public MountPoint? Parent { get; } = parent;

    public string Name { get; } = name;

    /// <summary>The mount here; null if it only leads to others.</summary>
    public Mount? Mount { get; set; }

    /// <summary>The names in this directory with mounts on or below them.</summary>
    public IEnumerable<string> Names => _children.Keys;

    /// <summary>The path from the root; "" for the root itself.</summary>
    public string Path => Parent is null ? "" : $"{Parent.Path}/{Name}";

    public MountPoint? Find(string name) => _children.GetValueOrDefault(name);

    public MountPoint Make(string name)
    {
        if (!_children.TryGetValue(name, out MountPoint? child)) _children.Add(name, child = new(this, name));
        return child;
    }
}
