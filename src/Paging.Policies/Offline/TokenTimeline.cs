namespace Paging.Policies;

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

    /// <summary>One access later.</summary>
    /// <returns>Its time.</returns>
    public int Advance(int id)
    {
        _links[Now] = Now - 1;
        _ids[Now] = id;
        return Now++;
    }

    /// <summary>Moves the last token at or before a time to the last access; false when there is none.</summary>
    public bool TryMoveToken(int time)
    {
        int token = Find(time);
        if (token != Beginning) _links[token] = token - 1;
        else if (_initialTokenCount > 0) _initialTokenCount--;
        else return false;
        _links[Now - 1] = Now - 1;
        return true;
    }

    /// <summary>Keeps only times that are some page's last or hold a token, and doubles the array when that is most of them.</summary>
    /// <param name="lastTimes">By page id; renumbered too.</param>
    public void Renumber(int[] lastTimes)
    {
        int kept = 0;
        for (int time = 0; time < Now; time++)
        {
            bool isLast = lastTimes[_ids[time]] == time;
            bool isToken = _links[time] == time;
            if (!isLast && !isToken) continue;
            if (isLast) lastTimes[_ids[time]] = kept;
            _ids[kept] = _ids[time];
            _links[kept] = isToken ? kept : kept - 1;
            kept++;
        }
        Now = kept;
        if (kept <= _links.Length / 2) return;
        ArrayGrowth.Ensure(ref _links, _links.Length);
        ArrayGrowth.Ensure(ref _ids, _ids.Length);
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
