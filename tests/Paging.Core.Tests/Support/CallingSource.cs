namespace Paging.Core.Tests;

/// <summary>A pager's source, every page of which is zero, and which does something else first.</summary>
internal sealed class CallingSource : IPageSource
{
    public Action? First { get; set; }

    public PageAnswer Request(FilePage page, Span<byte> destination)
    {
        First?.Invoke();
        return PageAnswer.Zeros;
    }

    public Errno Store(FilePage page, ReadOnlySpan<byte> bytes) => Errno.None;
}
