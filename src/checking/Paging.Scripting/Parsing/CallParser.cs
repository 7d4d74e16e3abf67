using System.Runtime.CompilerServices;
using Paging.Scripting.Calls;

namespace Paging.Scripting.Parsing;

/// <summary>Reads a line such as <c>[1] load(0x20000000) = 0x41</c>.</summary>
internal static class CallParser
{
    private const int NumberCountMax = 8;

    /// <summary>Reads one call with its result, except for the rows of a block.</summary>
    /// <param name="line">The line.</param>
    /// <param name="dialect">The dialect of the scenario.</param>
    /// <param name="place">Its file and line.</param>
    /// <param name="opensBlock">True when the result is a block: its rows follow in the next lines.</param>
    public static ScenarioLine Parse(string line, ScenarioDialect dialect, ScenarioPlace place, out bool opensBlock)
    {
        ReadOnlySpan<char> rest = line.AsSpan().Trim();
        int process = TakeProcess(ref rest, place);
        CallSignature signature = TakeName(ref rest, dialect, place);
        ScenarioCall call = TakeArguments(ref rest, signature, process, place);
        string text = line.AsSpan(0, line.AsSpan().TrimEnd().Length - rest.Length).Trim().ToString();
        ScriptResult recorded = TakeResult(rest.TrimStart(), dialect, signature, place, out opensBlock);
        return ScenarioLine.ForCall(place.Line, text, call, recorded);
    }

    private static int TakeProcess(ref ReadOnlySpan<char> rest, ScenarioPlace place)
    {
        if (!rest.StartsWith('[')) return 0;
        int close = rest.IndexOf(']');
        if (close < 0) throw place.Error($"'[' without ']' in {ScenarioPlace.Excerpt(rest)}");
        ReadOnlySpan<char> digits = rest[1..close];
        if (!NumberText.TryReadDecimal(digits, ScenarioCall.ProcessMax, out ulong process))
            throw place.Error($"{ScenarioPlace.Excerpt(digits)} is not a process number (0 to {ScenarioCall.ProcessMax})");
        rest = rest[(close + 1)..].TrimStart();
        return (int)process;
    }

    private static CallSignature TakeName(ref ReadOnlySpan<char> rest, ScenarioDialect dialect, ScenarioPlace place)
    {
        int open = rest.IndexOf('(');
        if (open <= 0) throw place.Error($"neither a call nor a comment: {ScenarioPlace.Excerpt(rest)}");
        ReadOnlySpan<char> name = rest[..open];
        if (!dialect.TryFind(name, out CallSignature? signature))
            throw place.Error(name is ScenarioHeader.Name ? "a second process(…) header" : $"unknown call {ScenarioPlace.Excerpt(name)}");
        rest = rest[(open + 1)..];
        return signature;
    }

    private static ScenarioCall TakeArguments(ref ReadOnlySpan<char> rest, CallSignature signature, int process, ScenarioPlace place)
    {
        Numbers numbers = default;
        int numberCount = 0;
        int argumentCount = 0;
        string? fileName = null;
        rest = rest.TrimStart();
        bool isClosed = rest.StartsWith(')');
        while (!isClosed)
        {
            ReadOnlySpan<char> argument = TakeArgument(ref rest, out isClosed, signature, place);
            if (argumentCount < signature.Arguments.Length)
            {
                ArgumentForm form = signature.Arguments[argumentCount];
                if (form.IsName) fileName = ArgumentParser.ParseFileName(argument, place);
                else numbers[numberCount++] = ArgumentParser.ParseNumber(argument, form, place);
            }
            argumentCount++;
        }
        if (argumentCount < signature.RequiredCount || argumentCount > signature.Arguments.Length)
            throw place.Error(WrongCount(signature, argumentCount));
        rest = rest[1..];    // the closing parenthesis
        return new(signature, process, numberCount, numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], fileName,
            numbers[6], numbers[7]);
    }

    /// <summary>Takes an argument and the comma after it; leaves a closing parenthesis in place.</summary>
    private static ReadOnlySpan<char> TakeArgument(ref ReadOnlySpan<char> rest, out bool isLast, CallSignature signature,
        ScenarioPlace place)
    {
        rest = rest.TrimStart();
        int length = 0;
        if (rest.StartsWith('"'))
        {
            length = rest[1..].IndexOf('"') + 2;
            if (length == 1) throw place.Error($"quotation mark not closed in {ScenarioPlace.Excerpt(rest)}");
        }
        int end = rest[length..].IndexOfAny(',', ')');
        if (end < 0) throw place.Error($"the arguments of {signature.Spelling} are not closed by ')'");
        ReadOnlySpan<char> argument = rest[..(length + end)].TrimEnd();
        isLast = rest[length + end] == ')';
        rest = rest[(length + end + (isLast ? 0 : 1))..];
        return argument;
    }

    private static string WrongCount(CallSignature signature, int count)
    {
        int max = signature.Arguments.Length;
        string expected = signature.OptionalCount > 1 ? $"{signature.RequiredCount} to {max} arguments"
            : signature.OptionalCount == 1 ? $"{signature.RequiredCount} or {max} arguments" : max == 1
            ? "1 argument" : $"{max} arguments";
        return $"{signature.Spelling} takes {expected}, found {count}";
    }

    private static ScriptResult TakeResult(ReadOnlySpan<char> rest, ScenarioDialect dialect, CallSignature signature, ScenarioPlace place,
        out bool opensBlock)
    {
        opensBlock = false;
        if (rest.IsEmpty) return default;
        if (rest[0] != '=') throw place.Error($"' = ' and a result expected after the call, found {ScenarioPlace.Excerpt(rest)}");
        ReadOnlySpan<char> text = rest[1..].TrimStart();
        opensBlock = text is "{" && signature.Success == CallResultKind.Block;
        return opensBlock ? default : dialect.ParseResult(text, signature, place);
    }

    [InlineArray(NumberCountMax)]
    private struct Numbers
    {
        private long _first;
    }
}
