using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;
using Paging.Fuzz.Changes;
using static Microsoft.CodeAnalysis.CSharp.SyntaxFactory;

namespace Paging.Mutants;

/// <summary>Puts every mistake of a file beside the sound code, each with a switch: <c>(Is(7) ? a &lt;= b : a &lt; b)</c>.</summary>
/// <remarks>
/// A mutated branch holds the sound operands, since one mutant is on at a time. What is left alone: constants, attributes, patterns, texts,
/// exceptions and what prepares them, checks of invariants, and static initializers, which run before a mutant is chosen.
/// </remarks>
internal sealed class MutantRewriter(SemanticModel model, string file, string switchName, IReadOnlySet<int> refused, Func<int> next)
    : CSharpSyntaxRewriter
{
    private static readonly Dictionary<SyntaxKind, SyntaxKind> Swaps = new()
    {
        [SyntaxKind.LessThanExpression] = SyntaxKind.LessThanOrEqualExpression,
        [SyntaxKind.LessThanOrEqualExpression] = SyntaxKind.LessThanExpression,
        [SyntaxKind.GreaterThanExpression] = SyntaxKind.GreaterThanOrEqualExpression,
        [SyntaxKind.GreaterThanOrEqualExpression] = SyntaxKind.GreaterThanExpression,
        [SyntaxKind.EqualsExpression] = SyntaxKind.NotEqualsExpression,
        [SyntaxKind.NotEqualsExpression] = SyntaxKind.EqualsExpression,
        [SyntaxKind.AddExpression] = SyntaxKind.SubtractExpression,
        [SyntaxKind.SubtractExpression] = SyntaxKind.AddExpression,
        [SyntaxKind.MultiplyExpression] = SyntaxKind.DivideExpression,
        [SyntaxKind.DivideExpression] = SyntaxKind.MultiplyExpression,
        [SyntaxKind.LeftShiftExpression] = SyntaxKind.RightShiftExpression,
        [SyntaxKind.RightShiftExpression] = SyntaxKind.LeftShiftExpression,
        [SyntaxKind.BitwiseAndExpression] = SyntaxKind.BitwiseOrExpression,
        [SyntaxKind.BitwiseOrExpression] = SyntaxKind.BitwiseAndExpression,
        [SyntaxKind.ModuloExpression] = SyntaxKind.DivideExpression,
    };

    public List<Mutant> Mutants { get; } = [];

    public override SyntaxNode? VisitAttributeList(AttributeListSyntax node) => node;
    public override SyntaxNode? VisitEnumMemberDeclaration(EnumMemberDeclarationSyntax node) => node;
    public override SyntaxNode? VisitParameterList(ParameterListSyntax node) => node;
    public override SyntaxNode? VisitCaseSwitchLabel(CaseSwitchLabelSyntax node) => node;
    public override SyntaxNode? VisitConstantPattern(ConstantPatternSyntax node) => node;
    public override SyntaxNode? VisitRelationalPattern(RelationalPatternSyntax node) => node;
    public override SyntaxNode? VisitThrowExpression(ThrowExpressionSyntax node) => node;
    public override SyntaxNode? VisitThrowStatement(ThrowStatementSyntax node) => node;
    public override SyntaxNode? VisitInterpolatedStringExpression(InterpolatedStringExpressionSyntax node) => node;
    public override SyntaxNode? VisitConstructorInitializer(ConstructorInitializerSyntax node) => node;

    public override SyntaxNode? VisitFieldDeclaration(FieldDeclarationSyntax node) =>
        node.Modifiers.Any(SyntaxKind.ConstKeyword) || node.Modifiers.Any(SyntaxKind.StaticKeyword)
            ? node
            : base.VisitFieldDeclaration(node);

    public override SyntaxNode? VisitPropertyDeclaration(PropertyDeclarationSyntax node) =>
        node.Modifiers.Any(SyntaxKind.StaticKeyword) && node.Initializer is not null ? node : base.VisitPropertyDeclaration(node);

    public override SyntaxNode? VisitLocalDeclarationStatement(LocalDeclarationStatementSyntax node) =>
        node.IsConst ? node : base.VisitLocalDeclarationStatement(node);

    public override SyntaxNode? VisitMethodDeclaration(MethodDeclarationSyntax node) =>
        node.Identifier.Text is "ToString" or "GetHashCode" or "Describe"
        || node.Identifier.Text.StartsWith("Check", StringComparison.Ordinal)
        || node.ParameterList.Parameters.Any(static one => one.Type?.ToString() is "AuditReport")    // those have canaries
            ? node
            : base.VisitMethodDeclaration(node);

    public override SyntaxNode? VisitInvocationExpression(InvocationExpressionSyntax node)
    {
        string called = node.Expression.ToString();
        if (called is "nameof" || IsCheck(called)) return node;
        ExpressionSyntax visited = (ExpressionSyntax)base.VisitInvocationExpression(node)!;
        ExpressionSyntax? other = called switch
        {
            "Math.Min" => node.WithExpression(ParseExpression("Math.Max")),
            "Math.Max" => node.WithExpression(ParseExpression("Math.Min")),
            _ => null,
        };
        return other is null ? visited : Choice(node, visited, other);
    }

    public override SyntaxNode? VisitBinaryExpression(BinaryExpressionSyntax node)
    {
        if (model.GetConstantValue(node).HasValue || node.Left.ToString().StartsWith("Check.", StringComparison.Ordinal)) return node;
        ExpressionSyntax result = (ExpressionSyntax)base.VisitBinaryExpression(node)!;
        if (node.IsKind(SyntaxKind.LogicalAndExpression) || node.IsKind(SyntaxKind.LogicalOrExpression))
        {
            return Drop(node, (BinaryExpressionSyntax)result);
        }

        if (!Swaps.TryGetValue(node.Kind(), out SyntaxKind other)) return result;
        if (model.GetTypeInfo(node).Type is { SpecialType: SpecialType.System_String }) return result;
        BinaryExpressionSyntax changed = Binary(other, node);
        result = Choice(node, result, changed, $"{node.Left} {changed.OperatorToken.Text} {node.Right}");
        bool drops = node.Kind() is SyntaxKind.AddExpression or SyntaxKind.SubtractExpression or SyntaxKind.BitwiseAndExpression
            or SyntaxKind.BitwiseOrExpression;
        if (drops && SymbolEqualityComparer.Default.Equals(model.GetTypeInfo(node).Type, model.GetTypeInfo(node.Left).Type))
            result = Choice(node, result, node.Left);
        return result;
    }

    public override SyntaxNode? VisitPrefixUnaryExpression(PrefixUnaryExpressionSyntax node)
    {
        ExpressionSyntax visited = (ExpressionSyntax)base.VisitPrefixUnaryExpression(node)!;
        return node.Kind() is SyntaxKind.LogicalNotExpression or SyntaxKind.BitwiseNotExpression && !model.GetConstantValue(node).HasValue
            ? Choice(node, visited, node.Operand)
            : visited;
    }

    public override SyntaxNode? VisitConditionalExpression(ConditionalExpressionSyntax node)
    {
        if (node.WhenTrue is RefExpressionSyntax || node.WhenFalse is ThrowExpressionSyntax || node.WhenTrue is ThrowExpressionSyntax)
            return base.VisitConditionalExpression(node);
        ConditionalExpressionSyntax visited = (ConditionalExpressionSyntax)base.VisitConditionalExpression(node)!;
        int number = next();
        if (refused.Contains(number) || Declares(node.Condition)) return visited;
        Note(number, node, $"{node}", "other way round");
        return visited.WithCondition(ParseExpression($"(({visited.Condition.ToFullString()}) != {switchName}.Is({number}))"));
    }

    public override SyntaxNode? VisitLiteralExpression(LiteralExpressionSyntax node)
    {
        ITypeSymbol? type = model.GetTypeInfo(node).ConvertedType;
        if (node.IsKind(SyntaxKind.TrueLiteralExpression)) return Choice(node, node, LiteralExpression(SyntaxKind.FalseLiteralExpression));
        if (node.IsKind(SyntaxKind.FalseLiteralExpression)) return Choice(node, node, LiteralExpression(SyntaxKind.TrueLiteralExpression));
        if (!node.IsKind(SyntaxKind.NumericLiteralExpression) || type is null) return node;
        if (type.SpecialType is < SpecialType.System_SByte or > SpecialType.System_UInt64) return node;
        decimal value = Convert.ToDecimal(node.Token.Value, CultureInfo.InvariantCulture);
        string kind = type.ToDisplayString();
        string cast = kind is "int" ? "" : $"({kind})";
        ExpressionSyntax same = cast.Length == 0 ? node : ParseExpression($"{cast}{node.Token.Text}");
        return Choice(node, same, ParseExpression($"{cast}{(value < ulong.MaxValue ? value + 1 : value - 1)}"));
    }

    public override SyntaxNode? VisitIfStatement(IfStatementSyntax node)
    {
        if (node.Condition.ToString().Contains("Check.", StringComparison.Ordinal)) return node;
        IfStatementSyntax visited = (IfStatementSyntax)base.VisitIfStatement(node)!;
        if (node.Statement is ThrowStatementSyntax) return visited;
        int always = next(), never = next();
        string condition = visited.Condition.ToFullString();
        bool declares = Declares(node.Condition);
        bool leaves = condition.Contains(" not ", StringComparison.Ordinal) || condition.StartsWith('!');
        if (!refused.Contains(always) && (!declares || leaves))
        {
            Note(always, node.Condition, $"if ({node.Condition})", "always");
            condition = $"(({condition}) || {switchName}.Is({always}))";
        }

        if (!refused.Contains(never) && (!declares || !leaves))
        {
            Note(never, node.Condition, $"if ({node.Condition})", "never");
            condition = $"(({condition}) && !{switchName}.Is({never}))";
        }

        return visited.WithCondition(ParseExpression(condition));
    }

    public override SyntaxNode? VisitExpressionStatement(ExpressionStatementSyntax node)
    {
        StatementSyntax visited = (StatementSyntax)base.VisitExpressionStatement(node)!;
        string called = (node.Expression as InvocationExpressionSyntax)?.Expression.ToString() ?? "";
        if (IsCheck(called) || node.Expression is AwaitExpressionSyntax) return visited;
        int number = next();
        if (refused.Contains(number) || node.DescendantNodes().Any(IsOut)) return visited;
        if (node.Expression is AssignmentExpressionSyntax assignment && assignment.IsKind(SyntaxKind.SimpleAssignmentExpression)
            && model.GetSymbolInfo(assignment.Left).Symbol is ILocalSymbol or IParameterSymbol { RefKind: RefKind.Out } or null)
        {
            if (assignment.Left is not IdentifierNameSyntax || assignment.Right is RefExpressionSyntax) return visited;
            if (assignment.Right.ToString() is "default" or "0" or "null" or "[]" or "false") return visited;
            Note(number, node, $"{node}", "= default");
            ExpressionStatementSyntax statement = (ExpressionStatementSyntax)visited;
            string value = ((AssignmentExpressionSyntax)statement.Expression).Right.ToFullString();
            return statement.WithExpression(ParseExpression($"{assignment.Left} = {switchName}.Is({number}) ? default! : {value}"));
        }

        Note(number, node, $"{node}", SourceChange.Dropped);
        StatementSyntax guarded = IfStatement(ParseExpression($"!{switchName}.Is({number})"), Block(visited)).NormalizeWhitespace()
            .WithStatement(Block(visited));
        return node.Parent is BlockSyntax ? guarded : Block(guarded);    // else an `else` behind it would change its owner
    }

    /// <summary>Forgets one side of a condition: <c>a &amp;&amp; b</c> becomes <c>a</c>, or <c>b</c>.</summary>
    private ExpressionSyntax Drop(BinaryExpressionSyntax node, BinaryExpressionSyntax visited)
    {
        int left = next(), right = next();
        (string first, string second) = (visited.Left.ToFullString(), visited.Right.ToFullString());
        bool isAnd = node.IsKind(SyntaxKind.LogicalAndExpression);
        if (!refused.Contains(right) && !Declares(node.Right))
        {
            Note(right, node, $"{node}", $"{node.Left}");
            second = isAnd ? $"({switchName}.Is({right}) || ({second}))" : $"(!{switchName}.Is({right}) && ({second}))";
        }

        if (!refused.Contains(left) && !Declares(node.Left))
        {
            Note(left, node, $"{node}", $"{node.Right}");
            first = isAnd ? $"({switchName}.Is({left}) || ({first}))" : $"(!{switchName}.Is({left}) && ({first}))";
        }

        return ParseExpression($"({first} {(isAnd ? "&&" : "||")} {second})").WithTriviaFrom(node);
    }

    /// <summary>True for what only looks for broken invariants, or only tells the host's processor what comes next.</summary>
    private static bool IsCheck(string called) =>
        called.Contains("Throw", StringComparison.Ordinal) || called.Contains("Prefetch", StringComparison.Ordinal)
        || called.Split('.') is [.., string last] parts
            && (last.StartsWith("Check", StringComparison.Ordinal) || parts[0] is "Check" or "Debug" or "Broken");

    private static bool IsOut(SyntaxNode node) =>
        node is ArgumentSyntax { RefKindKeyword.RawKind: (int)SyntaxKind.OutKeyword } or DeclarationExpressionSyntax;

    private static bool Declares(SyntaxNode node) =>
        node.DescendantNodesAndSelf().Any(static one => one is DeclarationExpressionSyntax or SingleVariableDesignationSyntax);

    private static BinaryExpressionSyntax Binary(SyntaxKind kind, BinaryExpressionSyntax node)
    {
        SyntaxKind token = kind switch
        {
            SyntaxKind.LessThanExpression => SyntaxKind.LessThanToken,
            SyntaxKind.LessThanOrEqualExpression => SyntaxKind.LessThanEqualsToken,
            SyntaxKind.GreaterThanExpression => SyntaxKind.GreaterThanToken,
            SyntaxKind.GreaterThanOrEqualExpression => SyntaxKind.GreaterThanEqualsToken,
            SyntaxKind.EqualsExpression => SyntaxKind.EqualsEqualsToken,
            SyntaxKind.NotEqualsExpression => SyntaxKind.ExclamationEqualsToken,
            SyntaxKind.AddExpression => SyntaxKind.PlusToken,
            SyntaxKind.SubtractExpression => SyntaxKind.MinusToken,
            SyntaxKind.MultiplyExpression => SyntaxKind.AsteriskToken,
            SyntaxKind.DivideExpression => SyntaxKind.SlashToken,
            SyntaxKind.LeftShiftExpression => SyntaxKind.LessThanLessThanToken,
            SyntaxKind.RightShiftExpression => SyntaxKind.GreaterThanGreaterThanToken,
            SyntaxKind.BitwiseAndExpression => SyntaxKind.AmpersandToken,
            _ => SyntaxKind.BarToken,
        };
        return BinaryExpression(kind, ParenthesizedExpression(node.Left), Token(token), ParenthesizedExpression(node.Right));
    }

    /// <summary>The sound expression with a switch that chooses the other one.</summary>
    private ExpressionSyntax Choice(ExpressionSyntax original, ExpressionSyntax sound, ExpressionSyntax other, string? shown = null)
    {
        int number = next();
        if (refused.Contains(number) || Declares(original)) return sound;
        Note(number, original, $"{original}", shown ?? $"{other}");
        return ParenthesizedExpression(ConditionalExpression(ParseExpression($"{switchName}.Is({number})"),
            ParenthesizedExpression(other.WithoutTrivia()), ParenthesizedExpression(sound.WithoutTrivia())))
            .WithTriviaFrom(original);
    }

    private void Note(int number, SyntaxNode node, string before, string after)
    {
        LinePosition at = node.GetLocation().GetLineSpan().StartLinePosition;
        Mutants.Add(new Mutant(number, file, at.Line + 1, at.Character + 1, SourceMembers.NameOf(node),
            $"{SourceMembers.OneLine(before)} {SourceChange.Arrow} {SourceMembers.OneLine(after)}"));
    }
}
