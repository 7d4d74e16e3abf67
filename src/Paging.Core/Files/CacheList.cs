using Paging.Native;

namespace Paging.Core;

/// <summary>The cached pages that could be read again, in the order in which they came: who gives way when frames are short.</summary>
/// <remarks><code>
///   newest ◄──► … ◄──► oldest ──► used more than once since somebody last looked? once more round : gone
/// </code>
/// C4: exactly the cached pages of files with a backing. A page passes over if it is mapped, dirty, on its way or held. One use is not enough
/// to stay: a file that is read through once does not push out what is used again and again.
/// Linux: the lists of file pages (mm/vmscan.c folio_check_references), two of them there, one with two bits here.</remarks>
internal sealed class CacheList(FrameTable frames)
{
    private readonly FrameLinks _links = new(frames);
    private IntrusiveList _list;

    public uint Count => _list.Count;

    public void Add(FrameNumber frame)
    {
        IntrusiveList.AddFirst(ref _list, _links, frame.Value);
        frames[frame].Flags |= FrameFlags.OnList;
    }

    public void Remove(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref frames[frame];
        if ((descriptor.Flags & FrameFlags.OnList) == 0) return;
        IntrusiveList.Remove(ref _list, _links, frame.Value);
        descriptor.Flags &= ~FrameFlags.OnList;
    }

    /// <summary>The page that gives way next; the ones passed over go round. It stays on the list until it is dropped.</summary>
    /// <param name="scanCount">How many pages to look at; what is left of it afterwards.</param>
    /// <param name="frame">Its frame.</param>
    public bool TryFindVictim(ref uint scanCount, out FrameNumber frame)
    {
        for (; scanCount != 0 && _list.Last != 0; scanCount--)
        {
            frame = new(_list.Last);
            ref FrameDescriptor descriptor = ref frames[frame];
            bool mayGo = descriptor.ReferenceCount == 1 && (descriptor.Flags & (FrameFlags.Active | FrameFlags.Dirty | FrameFlags.Pinned)) == 0;
            if (mayGo) return true;
            descriptor.Flags &= ~(FrameFlags.Active | FrameFlags.Referenced);
            IntrusiveList.Remove(ref _list, _links, frame.Value);
            IntrusiveList.AddFirst(ref _list, _links, frame.Value);
        }

        frame = default;
        return false;
    }

    public void Audit(AuditReport report) => IntrusiveList.Audit(in _list, _links, report);
}
