namespace Paging.Traces.Offline;

/// <summary>The tokens of <see cref="OptSimulator"/> on their way through time.</summary>
/// <remarks><code>
///   links[t] = t    a token lies at t
///   links[t] &lt; t    none: look there; the paths are halved as they are walked
///   −1              before the beginning, where tokens lie that never moved
/// </code></remarks>
internal sealed class TokenTimeline(int tokenCount)
{
    private const int Beginning = -1;
    private const int LengthMin = 1 << 10;
    private int[] _links = new int[LengthMin];
    private int[] _ids = new int[LengthMin];    // the page accessed at a time
    private int _initialTokenCount = tokenCount;

    /// <summary>The time of the next access.</summary>
    public int Now { get; private set; }

    /// <summary>True when the times have run out: renumber.</summary>
    public bool IsFull => Now == _links.Length;

    /// <summary>Advances by one access.</summary>
    /// <returns>The time of the access.</returns>
    public int Advance(int id)
    {
        _links[Now] = Now - 1;
        _ids[Now] = id;
        return Now++;
    }

    /// <summary>Moves the last token at or before a time to the last access. Returns false without such a token.</summary>
    public bool TryMoveToken(int time)
    {
        int token = Find(time);
        if (token != Beginning) _links[token] = token - 1;
        else if (_initialTokenCount > 0) _initialTokenCount--;
        else return false;
        _links[Now - 1] = Now - 1;
        return true;
    }

    /// <summary>Keeps only times that are some page's last, and doubles the array when that is most of them.</summary>
    /// <remarks>No token is lost: one that lies at a page's last access leaves with the next, being the last at or before it.</remarks>
    /// <param name="lastTimes">By page id; renumbered too.</param>
    public void Renumber(Span<int> lastTimes)
    {
        int kept = 0;
        for (int time = 0; time < Now; time++)
        {
            int id = _ids[time];
            if (lastTimes[id] != time) continue;
            lastTimes[id] = kept;
            _ids[kept] = id;
            _links[kept] = _links[time] == time ? kept : kept - 1;
            kept++;
        }
        Now = kept;
        if (kept <= _links.Length / 2) return;
        int length = (int)Math.Min(2L * _links.Length, Array.MaxLength);
        Array.Resize(ref _links, length);
        Array.Resize(ref _ids, length);
    }

    private int Find(int time)
    {
        int[] links = _links;
        while (time != Beginning && links[time] != time)
        {
            int next = links[time];
            if (next != Beginning) links[time] = links[next];
            time = next == Beginning ? Beginning : links[time];
        }
        return time;
    }
}
