using Paging.Traces.Reading;

namespace Paging.Tests;

/// <summary>The reference strings every textbook uses, and running a string through frames.</summary>
internal static class Textbook
{
    public const string A = "7 0 1 2 0 3 0 4 2 3 0 3 2 1 2 0 1 7 0 1";
    public const string B = "1 2 3 4 1 2 5 1 2 3 4 5";
    public const string C = "2 3 2 1 5 2 4 5 3 2 5 2";

    public static TraceAccess[] Accesses(string text) =>
        [.. text.Split(' ').Select(static page => new TraceAccess(ulong.Parse(page), isStore: false))];

    public static TraceAccess[]? Named(string trace) => trace switch
    {
        "textbook-a" => Accesses(A),
        "textbook-b" => Accesses(B),
        "textbook-c" => Accesses(C),
        _ => null,
    };
}
