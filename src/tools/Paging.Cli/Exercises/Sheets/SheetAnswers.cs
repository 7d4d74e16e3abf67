using System.Text;

namespace Paging.Cli.Exercises.Sheets;

/// <summary>A student's answers: lines of <c>1a: 00023abc</c>. Empty lines and those that begin with # do not count.</summary>
internal static class SheetAnswers
{
    private const long FileByteLengthMax = 1 << 20;

    /// <summary>Reads a file of answers for a sheet. Returns null, with the reason, if it is none.</summary>
    public static Dictionary<string, string>? Read(string path, Sheet sheet, out string? refusal)
    {
        try
        {
            FileInfo file = new(path);
            refusal = file.Exists && file.Length > FileByteLengthMax ? $"{path}: too long for a file of answers" : null;
            return refusal is null ? Parse(path, File.ReadAllText(path), sheet, out refusal) : null;
        }
        catch (Exception exception) when (UserFiles.IsRefusal(exception))
        {
            refusal = UserFiles.Explain(path, exception);
            return null;
        }
    }

    /// <summary>Returns true if two answers are the same: small letters, zeros in front, 0x, commas and spaces do not count.</summary>
    public static bool AreSame(string answer, string right) =>
        string.Equals(Normalize(answer), Normalize(right), StringComparison.Ordinal);

    private static Dictionary<string, string>? Parse(string path, string text, Sheet sheet, out string? refusal)
    {
        HashSet<string> known = [.. sheet.Parts.Select(static part => part.Id)];
        Dictionary<string, string> answers = new(StringComparer.Ordinal);
        int number = 0;
        refusal = null;
        foreach (string line in text.Split('\n').Select(static line => line.Trim()))
        {
            number++;
            if (line.Length == 0 || line[0] == '#') continue;
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            string id = colon < 0 ? "" : line[..colon].Trim().ToLowerInvariant();
            if (colon < 0) refusal = $"{path}:{number}: an answer is a line like '1a: 00023abc'";
            else if (!known.Contains(id)) refusal = $"{path}:{number}: the sheet has no part '{line[..colon].Trim()}'";
            else if (!answers.TryAdd(id, line[(colon + 1)..].Trim())) refusal = $"{path}:{number}: a second answer to {id}";
            if (refusal is not null) return null;
        }

        return answers;
    }

    private static string Normalize(string answer)
    {
        StringBuilder text = new();
        foreach (string word in answer.ToLowerInvariant().Split([' ', '\t', ',', ';'], StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = word.Split('-');
            bool isNumber = parts.All(static part => Digits(part).Length != 0 && Digits(part).All(char.IsAsciiHexDigit));
            text.Append(' ').Append(isNumber ? string.Join('-', parts.Select(static part => Digits(part).TrimStart('0'))) : word);
        }

        return text.ToString();
    }

    private static string Digits(string part) => part.StartsWith("0x", StringComparison.Ordinal) ? part[2..] : part;
}
