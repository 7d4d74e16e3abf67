using Paging.Core.Composition;
using Paging.Windows.Calls;

namespace Paging.Windows;

/// <summary>The memory calls of Windows.</summary>
internal sealed class WindowsCalls
{
    public WindowsCalls(EngineParts core, WindowsParts parts)
    {
        ViewPages = new(core, parts.States, parts.Pages, parts.Vads);
        Commit = new(core, parts.States, parts.Pages, parts.Vads, ViewPages);
        Placeholders = new(core, parts.Vads);
        Allocate = new(core, Commit);
        Free = new(parts.States, parts.Pages, parts.Vads, Placeholders);
        Protect = new(parts.States, Commit);
        Query = new(parts.States);
        CreateSection = new(core, parts.Sections);
        MapView = new(core, parts.Sections, parts.Vads, ViewPages);
    }

    public ViewPages ViewPages { get; }
    public CommitCall Commit { get; }
    public PlaceholderCalls Placeholders { get; }
    public AllocateCall Allocate { get; }
    public FreeCall Free { get; }
    public VirtualProtectCall Protect { get; }
    public QueryCall Query { get; }
    public CreateSectionCall CreateSection { get; }
    public MapViewCall MapView { get; }
}
